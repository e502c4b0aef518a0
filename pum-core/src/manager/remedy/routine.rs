//! Functions and procedures.

use super::make::with_semicolon;
use super::{is_true, list, name, text};
use crate::connect::quote_literal;
use crate::dump::set_clause;
use crate::model::Object;

/// `CREATE FUNCTION …`. There is none for aggregates, whose parts the model does not keep as SQL.
pub(super) fn make(object: &Object, replace: bool) -> Option<String> {
    let routine = text(object, "routine")?;
    let word = match routine.as_str() {
        "function" | "window function" => "FUNCTION",
        "procedure" => "PROCEDURE",
        _ => return None,
    };
    let replace = if replace { "OR REPLACE " } else { "" };
    let signature = text(object, "signature")?;
    let mut sql = format!("CREATE {replace}{word} {}({signature})", name::full(&object.identity));
    if word == "FUNCTION" {
        sql += &format!("\n  RETURNS {}", text(object, "returns")?);
    }
    sql += &format!("\n  LANGUAGE {}", name::role(&text(object, "language")?));
    sql += &options(object, &routine)?;
    if let Some(body) = text(object, "sql_body") {
        return Some(format!("{sql}\n{}", with_semicolon(&body)));
    }
    let body = text(object, "body")?;
    Some(match text(object, "library") {
        Some(library) => {
            format!("{sql}\n  AS {}, {};", quote_literal(&library), quote_literal(&body))
        }
        None => format!("{sql}\n  AS {};", dollar_quoted(&body)),
    })
}

fn options(object: &Object, routine: &str) -> Option<String> {
    let mut options = Vec::new();
    let transforms = list(object, "transforms");
    if !transforms.is_empty() {
        let types: Vec<String> =
            transforms.iter().map(|transform| format!("FOR TYPE {transform}")).collect();
        options.push(format!("TRANSFORM {}", types.join(", ")));
    }
    if is_true(object, "security_definer") {
        options.push("SECURITY DEFINER".to_owned());
    }
    // A procedure has none of these.
    if routine != "procedure" {
        if routine == "window function" {
            options.push("WINDOW".to_owned());
        }
        let volatility = text(object, "volatility")?;
        if volatility != "volatile" {
            options.push(volatility.to_uppercase());
        }
        for (attribute, word) in [("strict", "STRICT"), ("leakproof", "LEAKPROOF")] {
            if is_true(object, attribute) {
                options.push(word.to_owned());
            }
        }
        let parallel = text(object, "parallel")?;
        if parallel != "unsafe" {
            options.push(format!("PARALLEL {}", parallel.to_uppercase()));
        }
        let usual_cost = if text(object, "library").is_some() { "1" } else { "100" };
        for (attribute, word, usual) in [("cost", "COST", usual_cost), ("rows", "ROWS", "1000")] {
            let figure = text(object, attribute)?;
            if figure != usual && figure != "0" {
                options.push(format!("{word} {figure}"));
            }
        }
        if let Some(support) = text(object, "support") {
            options.push(format!("SUPPORT {support}"));
        }
    }
    for setting in list(object, "settings") {
        let (name, value) = setting.split_once('=')?;
        options.push(set_clause(name, value));
    }
    Some(options.iter().map(|option| format!("\n  {option}")).collect())
}

/// A body as people write it, in a quote that it does not hold.
fn dollar_quoted(body: &str) -> String {
    let mut tag = String::from("$$");
    let mut number = 0;
    // `$` at its end would be taken for the begin of the quote.
    while body.contains(&tag) || body.ends_with('$') && tag == "$$" {
        number += 1;
        tag = format!("$body{number}$");
    }
    format!("{tag}{body}{tag}")
}
