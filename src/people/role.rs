//! What somebody may do.

use crate::words::words;

words! {
    /// What somebody may do.
    pub enum Role is "a role" {
        /// Everything.
        Admin = "admin",
        /// Decides what is shown, and reads the report.
        Moderator = "moderator",
        /// Highlights posts and notes them for the report.
        Rapporteur = "rapporteur",
        /// Reads.
        Organiser = "organiser",
    }
}

impl Role {
    /// Erases people, and whatever else only the operator should.
    pub fn may_admin(self) -> bool {
        self == Self::Admin
    }

    /// Shows, hides, pins, blocks, pauses and changes settings.
    pub fn may_decide(self) -> bool {
        matches!(self, Self::Admin | Self::Moderator)
    }

    /// Highlights a post.
    pub fn may_highlight(self) -> bool {
        self.may_decide() || self == Self::Rapporteur
    }

    /// Notes a post for the report.
    pub fn may_note(self) -> bool {
        matches!(self, Self::Admin | Self::Rapporteur)
    }

    /// Reads the report.
    pub fn may_read_report(self) -> bool {
        self.may_decide() || self == Self::Organiser
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_may_do_what() {
        let table = [
            (Role::Admin, [true, true, true, true, true]),
            (Role::Moderator, [false, true, true, false, true]),
            (Role::Rapporteur, [false, false, true, true, false]),
            (Role::Organiser, [false, false, false, false, true]),
        ];
        for (role, expected) in table {
            let may = [
                role.may_admin(),
                role.may_decide(),
                role.may_highlight(),
                role.may_note(),
                role.may_read_report(),
            ];
            assert_eq!(may, expected, "{role}");
        }
    }
}
