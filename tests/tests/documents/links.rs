//! Links within the documentation lead somewhere, and the book has every page.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use pum_tests::documentation::documents;
use pum_tests::repository;
use regex::Regex;

/// The target of a link.
static LINK: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\]\(([^()\s]+)\)").unwrap());

/// Each line of a document that is not in a block of code, with its number.
fn prose(file: &Path) -> Vec<(usize, String)> {
    let text = std::fs::read_to_string(repository().join(file)).unwrap();
    let mut fenced = false;
    let mut lines = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            lines.push((number, line.to_owned()));
        }
    }
    lines
}

/// The names that GitHub and the book give to the headings of a document.
fn anchors(file: &Path) -> HashSet<String> {
    let heading = |(_, line): (usize, String)| {
        let heading = line.strip_prefix('#')?.trim_start_matches('#').trim().to_lowercase();
        let kept = heading.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
        Some(kept.collect::<String>().replace(' ', "-"))
    };
    prose(file).into_iter().filter_map(heading).collect()
}

/// The links of a document that lead to files: the line, the file from the repository on, and the
/// heading.
fn links(file: &Path) -> Vec<(usize, PathBuf, Option<String>)> {
    let directory = file.parent().unwrap();
    let mut links = Vec::new();
    for (number, line) in prose(file) {
        for [target] in LINK.captures_iter(&line).map(|found| found.extract().1) {
            if target.contains("://") {
                continue;
            }
            let (path, heading) = target
                .split_once('#')
                .map_or((target, None), |(path, heading)| (path, Some(heading.to_owned())));
            let leads_to = if path.is_empty() { file.to_owned() } else { directory.join(path) };
            links.push((number, leads_to, heading));
        }
    }
    links
}

#[test]
fn all_links_lead_somewhere() {
    let mut files = documents();
    files.extend(["ARCHITECTURE.md", "CHANGELOG.md"].map(PathBuf::from));
    let (mut seen, mut wrong) = (0, Vec::new());
    for file in &files {
        for (line, leads_to, heading) in links(file) {
            seen += 1;
            let place = format!("{}:{line}: {}", file.display(), leads_to.display());
            if !repository().join(&leads_to).exists() {
                wrong.push(place);
            } else if let Some(heading) = heading.filter(|name| !anchors(&leads_to).contains(name))
            {
                wrong.push(format!("{place}#{heading}"));
            }
        }
    }
    // Less would mean that they are not found any more.
    assert!(seen > 50, "{seen} links were found");
    assert!(wrong.is_empty(), "these lead nowhere:\n{}", wrong.join("\n"));
}

#[test]
fn the_book_has_every_page() {
    let contents = Path::new("docs/SUMMARY.md");
    let linked: HashSet<PathBuf> = links(contents).into_iter().map(|(_, page, _)| page).collect();
    let mut pages = documents();
    pages.retain(|page| page.starts_with("docs") && page != contents);
    let missing: Vec<&PathBuf> = pages.iter().filter(|page| !linked.contains(*page)).collect();
    assert!(missing.is_empty(), "not in docs/SUMMARY.md: {missing:?}");
}
