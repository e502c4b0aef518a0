use crate::compare::{CompareOptions, Comparison, compare_sources};
use crate::source::{OpenOptions, Source, Toolchain, open_both};
use crate::{Context, Error};

/// Compares two sources, each a connection string or URI, a path (a snapshot, a directory of
/// migrations, SQL files, a dump), [`Settings`] or a [`Source`].
///
/// Differences that are only another spelling of the same SQL are detected with the programs that
/// [`Toolchain::find`] finds. To use filters, other programs, an observer or an interrupt, call
/// [`compare_sources`].
///
/// ```no_run
/// let found = pum_core::compare("host=db dbname=prod user=ann", "schema.json")?;
/// for difference in &found.differences {
///     println!("{difference}");
/// }
/// # Ok::<(), pum_core::Error>(())
/// ```
///
/// # Errors
///
/// If a source is not valid or cannot be opened, built or read.
///
/// [`Settings`]: crate::connect::Settings
pub fn compare<L, R>(left: L, right: R) -> Result<Comparison, Error>
where
    L: TryInto<Source>,
    R: TryInto<Source>,
    Error: From<L::Error> + From<R::Error>,
{
    let (left, right): (Source, Source) = (left.try_into()?, right.try_into()?);
    let (toolchain, mut context) = (Toolchain::find(), Context::default());
    let options = OpenOptions::default();
    let [mut left, mut right] = open_both([&left, &right], &options, &toolchain, &mut context)?;
    let options = CompareOptions::default();
    Ok(compare_sources(&mut left, &mut right, &options, Some(&toolchain), &mut context)?)
}
