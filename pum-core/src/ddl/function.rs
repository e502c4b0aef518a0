//! Functions and procedures.

use super::grants::GrantTarget;
use super::name;
use super::properties::Properties;
use super::statements::{Alteration, Ddl, NoStatement, Schemas, Statements};
use crate::model::{Function, Identity, Model, ParallelSafety, RoutineKind, Volatility, Word};
use crate::sql::{quote_ident, quote_literal, set_clause};

impl Ddl for Function {
    fn described(&self, identity: &Identity, _: &Model) -> Result<String, NoStatement> {
        described(identity)
    }

    fn create(&self, identity: &Identity, schemas: &Schemas<'_>) -> Statements {
        let mut statements = vec![self.create_alone("CREATE", identity)?];
        statements.extend(self.properties(identity).create(&described(identity)?, schemas)?);
        Ok(statements)
    }

    fn replace(&self, identity: &Identity, _: &Schemas<'_>) -> Statements {
        Ok(vec![self.create_alone("CREATE OR REPLACE", identity)?])
    }

    fn alter(
        &self,
        wanted: &Self,
        identity: &Identity,
        schemas: &Schemas<'_>,
    ) -> Result<Alteration, NoStatement> {
        let Self {
            routine,
            owner: _,
            signature,
            returns,
            language,
            body,
            sql_body,
            library,
            aggregate,
            volatility,
            strict,
            security_definer,
            leakproof,
            parallel,
            cost,
            rows,
            support,
            settings,
            transforms,
            extensions: _,
            comment: _,
            privileges: _,
        } = wanted;
        let interface = (&self.routine, &self.signature, &self.returns);
        if interface != (routine, signature, returns) {
            return Ok(Alteration::Recreate);
        }
        let has_same_body = (&self.language, &self.body, &self.sql_body, &self.library)
            == (language, body, sql_body, library)
            && self.aggregate == *aggregate;
        let flags = (self.strict, self.security_definer, self.leakproof);
        let has_same_options = flags == (*strict, *security_definer, *leakproof)
            && (&self.volatility, &self.parallel) == (volatility, parallel)
            && (&self.cost, &self.rows, &self.support) == (cost, rows, support)
            && (&self.settings, &self.transforms) == (settings, transforms);
        if !has_same_body || !has_same_options {
            return Ok(Alteration::Replace);
        }
        let (from, to) = (self.properties(identity), wanted.properties(identity));
        Ok(Alteration::InPlace(from.alter(&to, &described(identity)?, schemas)?))
    }
}

impl Function {
    /// The function alone.
    fn create_alone(&self, create: &str, identity: &Identity) -> Result<String, NoStatement> {
        let Self {
            routine,
            owner: _,
            signature,
            returns,
            language,
            body,
            sql_body,
            library,
            aggregate,
            volatility: _,
            strict: _,
            security_definer: _,
            leakproof: _,
            parallel: _,
            cost: _,
            rows: _,
            support: _,
            settings: _,
            transforms: _,
            extensions: _,
            comment: _,
            privileges: _,
        } = self;
        let own = name::full(identity);
        let mut sql = match (routine, returns) {
            (RoutineKind::Function | RoutineKind::WindowFunction, Some(returns)) => {
                format!("{create} FUNCTION {own}({signature})\n  RETURNS {returns}")
            }
            (RoutineKind::Function | RoutineKind::WindowFunction, None) => {
                return Err(NoStatement::NotInModel);
            }
            (RoutineKind::Procedure, _) => format!("{create} PROCEDURE {own}({signature})"),
            (RoutineKind::Aggregate, _) => {
                let parts = aggregate_parts(aggregate, &self.parallel)?.join(",\n  ");
                let arguments = if signature.0.is_empty() { "*" } else { &*signature.0 };
                return Ok(format!("{create} AGGREGATE {own}({arguments}) (\n  {parts}\n);"));
            }
            (RoutineKind::Unknown(_), _) => return Err(NoStatement::Unknown),
        };
        sql += &format!("\n  LANGUAGE {}", quote_ident(language));
        sql.extend(self.options()?.iter().map(|option| format!("\n  {option}")));
        Ok(match (sql_body, library) {
            (Some(body), _) => format!("{sql}\n{}", name::statement(&body.0)),
            (None, Some(library)) => {
                format!("{sql}\n  AS {}, {};", quote_literal(library), quote_literal(body))
            }
            (None, None) => format!("{sql}\n  AS {};", dollar_quoted(body)),
        })
    }

    /// The options between the language and the body.
    fn options(&self) -> Statements {
        // What is none of the options is said by `create_alone`.
        let Self {
            routine,
            owner: _,
            signature: _,
            returns: _,
            language: _,
            body: _,
            sql_body: _,
            library,
            aggregate: _,
            volatility,
            strict,
            security_definer,
            leakproof,
            parallel,
            cost,
            rows,
            support,
            settings,
            transforms,
            extensions: _,
            comment: _,
            privileges: _,
        } = self;
        let mut options = Vec::new();
        if !transforms.is_empty() {
            let types: Vec<String> =
                transforms.iter().map(|transform| format!("FOR TYPE {transform}")).collect();
            options.push(format!("TRANSFORM {}", types.join(", ")));
        }
        if *security_definer {
            options.push("SECURITY DEFINER".to_owned());
        }
        // A procedure has none of these.
        if *routine != RoutineKind::Procedure {
            if *routine == RoutineKind::WindowFunction {
                options.push("WINDOW".to_owned());
            }
            match volatility {
                Volatility::Volatile => {}
                Volatility::Unknown(_) => return Err(NoStatement::Unknown),
                other => options.push(other.word().to_uppercase()),
            }
            for (is_set, word) in [(*strict, "STRICT"), (*leakproof, "LEAKPROOF")] {
                if is_set {
                    options.push(word.to_owned());
                }
            }
            match parallel {
                ParallelSafety::Unsafe => {}
                ParallelSafety::Unknown(_) => return Err(NoStatement::Unknown),
                other => options.push(format!("PARALLEL {}", other.word().to_uppercase())),
            }
            let usual_cost = if library.is_some() { "1" } else { "100" };
            for (number, word, usual) in [(cost, "COST", usual_cost), (rows, "ROWS", "1000")] {
                if number != usual && number != "0" {
                    options.push(format!("{word} {number}"));
                }
            }
            if let Some(support) = support {
                options.push(format!("SUPPORT {support}"));
            }
        }
        for setting in settings {
            let (name, value) = setting.split_once('=').ok_or(NoStatement::Unknown)?;
            options.push(set_clause(name, value));
        }
        Ok(options)
    }

    fn properties<'a>(&'a self, identity: &'a Identity) -> Properties<'a> {
        let on = described(identity).map(|on| GrantTarget::new(on, &self.owner));
        Properties::new(self.comment.as_ref())
            .owned_by(&self.owner)
            .granted(&self.privileges, on)
            .with_defaults("FUNCTIONS", &identity.schema)
            .depending_on(&self.extensions)
    }
}

/// The parameters of `CREATE AGGREGATE`, in its parentheses.
fn aggregate_parts(
    aggregate: &[String],
    parallel: &ParallelSafety,
) -> Result<Vec<String>, NoStatement> {
    let mut parts = Vec::new();
    for part in aggregate {
        let (key, value) = part.split_once(" = ").ok_or(NoStatement::Unknown)?;
        let value = match (key, value) {
            ("direct arguments", _)
            | ("sspace" | "msspace", "0")
            | ("finalfunc_extra" | "mfinalfunc_extra", "false")
            | ("kind", "n" | "o") => continue,
            ("kind", "h") => {
                parts.push("HYPOTHETICAL".to_owned());
                continue;
            }
            ("finalfunc_extra" | "mfinalfunc_extra", _) => {
                parts.push(key.to_uppercase());
                continue;
            }
            ("finalfunc_modify" | "mfinalfunc_modify", "r") => "READ_ONLY".to_owned(),
            ("finalfunc_modify" | "mfinalfunc_modify", "s") => "SHAREABLE".to_owned(),
            ("finalfunc_modify" | "mfinalfunc_modify", "w") => "READ_WRITE".to_owned(),
            ("kind" | "finalfunc_modify" | "mfinalfunc_modify", _) => {
                return Err(NoStatement::Unknown);
            }
            ("initcond" | "minitcond", value) => quote_literal(value),
            ("sortop", operator) => format!("OPERATOR({})", name::without_arguments(operator)),
            (_, value) => value.to_owned(),
        };
        parts.push(format!("{} = {value}", key.to_uppercase()));
    }
    match parallel {
        ParallelSafety::Unsafe => {}
        ParallelSafety::Unknown(_) => return Err(NoStatement::Unknown),
        other => parts.push(format!("PARALLEL = {}", other.word())),
    }
    Ok(parts)
}

fn described(identity: &Identity) -> Result<String, NoStatement> {
    let arguments = identity.arguments.as_deref().ok_or(NoStatement::NotInModel)?;
    Ok(format!("ROUTINE {}({arguments})", name::full(identity)))
}

/// A body as people write it, in a quote that it does not hold.
fn dollar_quoted(body: &str) -> String {
    let mut tag = String::from("$$");
    let mut number = 0;
    // `$` at its end would be taken for the start of the quote.
    while body.contains(&tag) || body.ends_with('$') && tag == "$$" {
        number += 1;
        tag = format!("$body{number}$");
    }
    format!("{tag}{body}{tag}")
}
