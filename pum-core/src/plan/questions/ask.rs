use super::question::Question;
use crate::plan::error::MigrationError;
use crate::plan::migration_plan::MigrationPlan;
use crate::plan::step::Action;
use crate::source::{Content, Opened};

/// What a database answers.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Answer {
    /// The question.
    pub question: Question,
    /// How many rows there are.
    pub count: u64,
}

impl Answer {
    /// What is to be decided, as comments of a delta that is not applied before: a line each.
    pub fn lines(&self) -> Vec<String> {
        let Self { question: Question { find, .. }, .. } = self;
        vec![
            format!("-- decide: {}", self.count_of_what()),
            format!("--   {find};"),
            "--   (write below what becomes of them, and take out the line that begins with decide)"
                .to_owned(),
        ]
    }

    /// The rows, as comments of a script: a line each.
    pub fn in_the_way(&self) -> Vec<String> {
        let count = self.count_of_what();
        vec![format!("-- in the way: {count}"), format!("--   {};", self.question.find)]
    }

    /// How many, and what is wrong with them.
    fn count_of_what(&self) -> String {
        format!("{} {}", self.count, self.question.what)
    }
}

/// Asks a copy how many rows stand in the way of a plan, with its questions; those of which there is none are
/// left out. The queries read only, and see one moment. The names in them are those after the renames of the
/// plan, which are made for that, and rolled back.
///
/// # Errors
///
/// If the server does not answer.
pub fn ask(
    copy: &mut Opened,
    plan: &MigrationPlan,
    questions: &[Question],
) -> Result<Vec<Answer>, MigrationError> {
    let label = copy.label().to_owned();
    let Content::Database(session) = &mut copy.content else {
        return Err(MigrationError::NotADatabase { label });
    };
    let failed = |cause: &postgres::Error| {
        let reason = cause.as_db_error().map(|it| it.message().to_owned());
        let reason = reason.unwrap_or_else(|| cause.to_string());
        MigrationError::Questions { label: label.clone(), reason }
    };
    if questions.is_empty() {
        return Ok(Vec::new());
    }
    let renames = plan.steps.iter().filter(|step| step.action == Action::Rename);
    let renames: Vec<&str> =
        renames.flat_map(|step| step.statements.iter().map(String::as_str)).collect();
    let access = if renames.is_empty() { " READ ONLY" } else { "" };
    let begin = format!(
        "BEGIN ISOLATION LEVEL REPEATABLE READ{access}; SET LOCAL search_path = ''; {}",
        renames.join(" ")
    );
    if let Err(err) = session.client().batch_execute(&begin) {
        let _ = session.client().batch_execute("ROLLBACK");
        return Err(failed(&err));
    }
    let mut answers = Vec::new();
    for question in questions {
        let sql = format!("SELECT pg_catalog.count(*) FROM ({}) q", question.find);
        let row = session.client().query_one(&sql, &[]);
        let count = match row {
            Ok(row) => u64::try_from(row.get::<_, i64>(0)).unwrap_or_default(),
            Err(err) => {
                let _ = session.client().batch_execute("ROLLBACK");
                return Err(failed(&err));
            }
        };
        if count > 0 {
            answers.push(Answer { question: question.clone(), count });
        }
    }
    session.client().batch_execute("ROLLBACK").map_err(|err| failed(&err))?;
    Ok(answers)
}
