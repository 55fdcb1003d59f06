//! Who may see more than their own.

use std::collections::BTreeSet;

use gage_domain::value::Address;

/// The wallets that the operator of the server trusts with more than their own orders.
#[derive(Debug, Clone, Default)]
pub struct RoleBook {
    auditors: BTreeSet<Address>,
    operators: BTreeSet<Address>,
}

/// A role that the configuration gives to a wallet. Owning a shop is no such role: it is looked
/// up where it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// May see every order and payment.
    Auditor,
    /// May see every order and payment, and runs the server.
    Operator,
}

impl RoleBook {
    /// The book of these wallets.
    pub fn new(
        auditors: impl IntoIterator<Item = Address>,
        operators: impl IntoIterator<Item = Address>,
    ) -> Self {
        Self {
            auditors: auditors.into_iter().collect(),
            operators: operators.into_iter().collect(),
        }
    }

    /// A wallet's roles.
    pub fn roles_of(&self, wallet: Address) -> BTreeSet<Role> {
        let auditor = self.auditors.contains(&wallet).then_some(Role::Auditor);
        let operator = self.operators.contains(&wallet).then_some(Role::Operator);
        auditor.into_iter().chain(operator).collect()
    }
}
