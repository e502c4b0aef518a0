use std::fmt;
use std::time::Duration;

use super::step::Action;
use crate::humanize::time;
use crate::model::Identity;

/// A change that can be made in two ways, as measured on a copy with rows.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct MeasuredWay {
    /// The object.
    pub identity: Identity,
    /// What is done with it.
    pub action: Action,
    /// The statement alone.
    pub plain: WayTime,
    /// The steps that keep the table readable and writable.
    pub online: WayTime,
}

/// How long a way takes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct WayTime {
    /// How long others cannot write, or read and write, the table.
    pub blocking: Duration,
    /// All of it.
    pub total: Duration,
}

impl MeasuredWay {
    /// Whether the steps are the better way: others wait less for it, or as long and it takes less. What
    /// differs by less than 5 milliseconds is the same.
    pub fn is_online(&self) -> bool {
        const SAME: Duration = Duration::from_millis(5);
        let (plain, online) = (self.plain.blocking, self.online.blocking);
        match plain.abs_diff(online) {
            difference if difference >= SAME => online < plain,
            _ => self.online.total < self.plain.total,
        }
    }
}

impl fmt::Display for MeasuredWay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let one = |way: WayTime| {
            format!("others wait {}, it takes {}", time(way.blocking), time(way.total))
        };
        let chosen = if self.is_online() { "in steps" } else { "at once" };
        write!(
            f,
            "{}: at once {}; in steps {}; done {chosen}",
            self.identity,
            one(self.plain),
            one(self.online)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Kind;

    #[test]
    fn less_waiting_wins_then_less_time() {
        let way = |plain: [u64; 2], online: [u64; 2]| {
            let of = |[blocking, total]: [u64; 2]| WayTime {
                blocking: Duration::from_millis(blocking),
                total: Duration::from_millis(total),
            };
            let identity = Identity {
                kind: Kind::Index,
                schema: "s".to_owned(),
                parent: Some("t".to_owned()),
                name: "i".to_owned(),
                arguments: None,
            };
            let (plain, online) = (of(plain), of(online));
            MeasuredWay { identity, action: Action::Create, plain, online }
        };
        for (plain, online, is_online) in [
            ([900, 900], [0, 2000], true),
            ([900, 900], [1000, 1000], false),
            ([3, 3], [0, 9], false),
            ([3, 9], [0, 3], true),
            ([10, 10], [5, 50], true),
        ] {
            assert_eq!(way(plain, online).is_online(), is_online, "{plain:?} {online:?}");
        }
        assert_eq!(
            way([1200, 1300], [0, 2000]).to_string(),
            "index s.t.i: at once others wait 1.2 s, it takes 1.3 s; in steps others wait 0 ms, it \
             takes 2.0 s; done in steps"
        );
    }
}
