/// The rows of an answer in the simple protocol.
pub(crate) fn rows(
    answer: &[postgres::SimpleQueryMessage],
) -> impl DoubleEndedIterator<Item = &postgres::SimpleQueryRow> {
    answer.iter().filter_map(|message| match message {
        postgres::SimpleQueryMessage::Row(row) => Some(row),
        _ => None,
    })
}
