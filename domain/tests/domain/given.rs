//! Given a history, when a command comes, then these events follow or this rule refuses.

use cqrs_es::test::TestFramework;
use gage_domain::{Cqrs, Decider, Stamped};
use time::OffsetDateTime;

use crate::samples::NOON;

/// A history and the time at which the next command comes.
pub(crate) struct Given<D: Decider> {
    history: Vec<D::Event>,
    now: OffsetDateTime,
}

/// What a command led to.
pub(crate) struct Outcome<D: Decider> {
    history: Vec<D::Event>,
    now: OffsetDateTime,
    result: Result<Vec<D::Event>, D::Rejection>,
}

pub(crate) fn given<D: Decider>(history: impl IntoIterator<Item = D::Event>) -> Given<D> {
    Given {
        history: history.into_iter().collect(),
        now: NOON,
    }
}

pub(crate) fn nothing_yet<D: Decider>() -> Given<D> {
    given([])
}

impl<D: Decider> Given<D> {
    /// The time at which the command comes; noon unless said.
    pub(crate) fn at(self, now: OffsetDateTime) -> Self {
        Self { now, ..self }
    }

    pub(crate) fn when(self, command: D::Command) -> Outcome<D> {
        let result = D::fold(&self.history).decide(&command, self.now);
        // The same through cqrs-es, as its own tools would run it.
        let stamped = Stamped {
            command,
            now: self.now,
        };
        let through_cqrs = TestFramework::<Cqrs<D>>::with(())
            .given(self.history.clone())
            .when(stamped)
            .inspect_result();
        assert_eq!(result, through_cqrs, "decide and the adapter differ");
        Outcome {
            history: self.history,
            now: self.now,
            result,
        }
    }

    /// The state that the history leads to.
    pub(crate) fn state(&self) -> D {
        D::fold(&self.history)
    }
}

impl<D: Decider> Outcome<D> {
    /// These events follow; gives the history with them, for the next step.
    #[track_caller]
    pub(crate) fn then(self, expected: impl IntoIterator<Item = D::Event>) -> Given<D> {
        let expected: Vec<_> = expected.into_iter().collect();
        assert_eq!(self.result, Ok(expected.clone()));
        let history = self.history.into_iter().chain(expected).collect();
        Given {
            history,
            now: self.now,
        }
    }

    /// What was asked for holds already.
    #[track_caller]
    pub(crate) fn then_nothing_happens(self) -> Given<D> {
        self.then([])
    }

    #[track_caller]
    pub(crate) fn then_refused(self, expected: impl Into<D::Rejection>) -> Given<D> {
        assert_eq!(self.result, Err(expected.into()));
        Given {
            history: self.history,
            now: self.now,
        }
    }
}
