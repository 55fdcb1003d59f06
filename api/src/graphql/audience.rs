//! For whom an answer holds: told by what was looked at while it was made.
//!
//! An answer may be given to others only if everything that it was made from is the same for
//! them. Resolvers get at data through `Asked` alone, and every way there leaves a mark here;
//! a way that is not known to be harmless leaves one that keeps the answer private.

use std::sync::{
    Arc,
    atomic::{AtomicU8, Ordering},
};

/// Something that an answer can be made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Source {
    /// Rows of the catalog.
    Catalog = 1,
    /// Which wallet asks, and its roles.
    Standing = 2,
    /// Orders, payments, the chain, the gateway: the same for all who may see them.
    Shop = 4,
    /// The one request: its session, address, ids and cookies.
    Request = 8,
}

/// What was looked at so far. Clones share it.
#[derive(Debug, Clone, Default)]
pub(super) struct Sources(Arc<AtomicU8>);

impl Sources {
    /// Leaves a mark.
    pub(super) fn mark(&self, source: Source) {
        self.0.fetch_or(source as u8, Ordering::Relaxed);
    }

    fn only(&self, allowed: &[Source]) -> bool {
        let allowed = allowed.iter().fold(0, |all, source| all | *source as u8);
        self.0.load(Ordering::Relaxed) & !allowed == 0
    }

    fn has(&self, source: Source) -> bool {
        self.0.load(Ordering::Relaxed) & source as u8 != 0
    }

    /// Whether an answer of the catalog alone, and so the same for all until that moves; who
    /// asks may have been looked at if all that could are `alike`.
    pub(super) fn is_catalog(&self, alike: Alike) -> bool {
        let only = match alike {
            Alike::No => self.only(&[Source::Catalog]),
            Alike::Yes => self.only(&[Source::Catalog, Source::Standing]),
        };
        only && self.has(Source::Catalog)
    }

    /// Whether nothing but the one request's own could differ for another viewer now.
    pub(super) fn is_for(&self, alike: Alike) -> bool {
        match alike {
            Alike::No => self.only(&[Source::Catalog, Source::Shop]),
            Alike::Yes => self.only(&[Source::Catalog, Source::Shop, Source::Standing]),
        }
    }
}

/// Whether those who share an answer have the same standing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Alike {
    /// Anyone may be among them.
    No,
    /// All have the same.
    Yes,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(sources: &[Source]) -> Sources {
        let marks = Sources::default();
        for source in sources {
            marks.mark(*source);
        }
        marks
    }

    #[test]
    fn an_answer_is_kept_only_when_all_it_was_made_from_is_the_catalog() {
        use Source::{Catalog, Request, Shop, Standing};
        assert!(of(&[Catalog]).is_catalog(Alike::No));
        assert!(of(&[Catalog, Standing]).is_catalog(Alike::Yes));
        assert!(!of(&[Catalog, Standing]).is_catalog(Alike::No));
        for private in [&[][..], &[Standing], &[Catalog, Shop], &[Catalog, Request]] {
            assert!(!of(private).is_catalog(Alike::Yes), "{private:?}");
        }
    }

    #[test]
    fn an_update_is_shared_among_all_only_when_nobody_looked_who_asks() {
        use Source::{Catalog, Request, Shop, Standing};
        assert!(of(&[Catalog, Shop]).is_for(Alike::No));
        assert!(!of(&[Catalog, Standing]).is_for(Alike::No));
        assert!(of(&[Shop, Standing]).is_for(Alike::Yes));
        assert!(!of(&[Shop, Request]).is_for(Alike::Yes));
    }
}
