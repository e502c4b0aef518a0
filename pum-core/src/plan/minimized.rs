use crate::model::Identity;

/// What came of leaving out what is rebuilt.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Minimized {
    /// What need not be rebuilt.
    pub left_out: Vec<Identity>,
    /// What must be.
    pub needed: Vec<Identity>,
    /// What was not tried, because the time was over.
    pub not_tried: Vec<Identity>,
}

impl Minimized {
    /// What there is to say of it, a line each.
    pub fn lines(&self) -> Vec<String> {
        let list =
            |all: &[Identity]| all.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let all = [
            ("not rebuilt, as tried: ", &self.left_out),
            ("rebuilt, as the rest fails without: ", &self.needed),
            ("rebuilt, and not tried without for lack of time: ", &self.not_tried),
        ];
        let all = all.into_iter().filter(|(_, which)| !which.is_empty());
        all.map(|(what, which)| format!("{what}{}", list(which))).collect()
    }
}
