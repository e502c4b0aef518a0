//! Risks in scripts, as text.

use super::style::Styles;
use crate::text::{line, printable, shown};
use pum_core::lint::{LintFinding, LintRule};

/// One line for each finding, and how many there are in so many scripts.
pub(crate) fn text(findings: &[LintFinding], scripts: usize, paint: Styles) -> String {
    let mut out = String::new();
    for LintFinding { rule, path, line: number, message, .. } in findings {
        let path = shown(path);
        let place = paint.strong(&format!("{path}:{number}:"));
        let rule = paint.changed(&format!("{rule}:"));
        line(&mut out, &format!("{place} {rule} {}", printable(message)));
    }
    let plural = |number: usize| if number == 1 { "" } else { "s" };
    let found = match findings.len() {
        0 => "nothing found".to_owned(),
        number => format!("{number} finding{}", plural(number)),
    };
    let verdict = format!("{found} in {scripts} script{}", plural(scripts));
    line(&mut out, &if findings.is_empty() { paint.good(&verdict) } else { paint.bad(&verdict) });
    out
}

/// All rules, each with what is risky and what to write instead.
pub(crate) fn rules() -> String {
    let mut out = String::new();
    for rule in LintRule::ALL {
        line(&mut out, rule.name());
        line(&mut out, &format!("    {}", rule.risk()));
        line(&mut out, &format!("    instead: {}", rule.instead()));
    }
    out
}
