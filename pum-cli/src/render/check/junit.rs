//! A comparison as test results in the form of JUnit, for the dashboards of CI servers.
//!
//! Each object that differs is a failed test, each element without differences is one that passed
//! (or was skipped, if a filter leaves it out):
//! a dashboard's list of failures is a list of objects, and a comparison that finds nothing has
//! tests too. Valid by the schema of Apache Ant, which most servers follow.

use std::io;

use pum_core::diff::Difference;
use pum_core::humanize::count;
use pum_core::model::Kind;
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use super::compared::Compared;
use super::lines::details;

type Xml = Writer<Vec<u8>>;

pub(crate) fn report(compared: &Compared<'_>, now: &jiff::Zoned) -> String {
    let mut xml = Writer::new_with_indent(Vec::new(), b' ', 2);
    // Writing to memory does not fail.
    let _ = suites(&mut xml, compared, now);
    let mut text = String::from_utf8(xml.into_inner()).unwrap_or_default();
    text.push('\n');
    text
}

fn suites(xml: &mut Xml, compared: &Compared<'_>, now: &jiff::Zoned) -> io::Result<()> {
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    xml.create_element("testsuites").write_inner_content(|xml| suite(xml, compared, now))?;
    Ok(())
}

fn suite(xml: &mut Xml, compared: &Compared<'_>, now: &jiff::Zoned) -> io::Result<()> {
    let mut by_element: Vec<(Kind, Vec<&[Difference]>)> =
        Kind::ALL.iter().map(|&kind| (kind, Vec::new())).collect();
    let objects = compared.differences().chunk_by(|a, b| a.identity == b.identity);
    for object in objects {
        let kind = object.first().map(|found| found.identity.kind);
        if let Some((_, failed)) = by_element.iter_mut().find(|(of, _)| Some(*of) == kind) {
            failed.push(object);
        }
    }
    let failures: usize = by_element.iter().map(|(_, failed)| failed.len()).sum();
    let passed = by_element.iter().filter(|(_, failed)| failed.is_empty()).count();
    let skipped = compared.left_out.len();
    let name = format!("pum check {} {}", compared.left, compared.right);
    xml.create_element("testsuite")
        .with_attributes([
            ("id", "0"),
            ("package", "pum"),
            ("name", &*name),
            ("timestamp", &*now.strftime("%Y-%m-%dT%H:%M:%S").to_string()),
            ("hostname", "localhost"),
            ("tests", &*(passed + failures).to_string()),
            ("failures", &*failures.to_string()),
            ("errors", "0"),
            ("skipped", &*skipped.to_string()),
            ("time", "0"),
        ])
        .write_inner_content(|xml| {
            xml.create_element("properties").write_empty()?;
            for (kind, failed) in &by_element {
                if failed.is_empty() {
                    other_case(xml, *kind, compared.left_out.contains(kind))?;
                }
                failed.iter().try_for_each(|object| failed_case(xml, compared, object))?;
            }
            let verdict =
                [vec![compared.verdict()], compared.notes_with_limits()].concat().join("\n");
            xml.create_element("system-out").write_text_content(BytesText::new(&verdict))?;
            xml.create_element("system-err").write_empty()?;
            Ok(())
        })?;
    Ok(())
}

/// Of an element without differences.
fn other_case(xml: &mut Xml, kind: Kind, left_out: bool) -> io::Result<()> {
    let class = format!("pum.{}", kind.element());
    let name = format!("all {}", kind.element().replace('_', " "));
    let attributes = [("classname", &*class), ("name", &*name), ("time", "0")];
    let case = xml.create_element("testcase").with_attributes(attributes);
    if left_out {
        case.write_inner_content(|xml| {
            let why = [("message", "left out of the comparison")];
            xml.create_element("skipped").with_attributes(why).write_empty()?;
            Ok(())
        })?;
    } else {
        case.write_empty()?;
    }
    Ok(())
}

/// All differences of one object.
fn failed_case(
    xml: &mut Xml,
    compared: &Compared<'_>,
    differences: &[Difference],
) -> io::Result<()> {
    let Some(first) = differences.first() else { return Ok(()) };
    let class = format!("pum.{}", first.identity.kind.element());
    let name = first.identity.to_string();
    let message = match differences {
        [one] => compared.sentence(one),
        several => count(several.len(), "difference"),
    };
    let text: String =
        differences.iter().map(|found| details(compared, found, None) + "\n").collect();
    let attributes = [("classname", &*class), ("name", &*name), ("time", "0")];
    xml.create_element("testcase").with_attributes(attributes).write_inner_content(|xml| {
        xml.create_element("failure")
            .with_attributes([("message", &*message), ("type", "difference")])
            .write_text_content(BytesText::new(&text))?;
        Ok(())
    })?;
    Ok(())
}
