//! A column that is filled in batches, each of which is committed.

/// How many rows are one transaction: others wait for it who write one of them.
const BATCH: u32 = 1_000;

/// Fills a column of a table: `set` is what an `UPDATE` sets, `condition` which rows are not filled yet. Rows
/// that were changed meanwhile are elsewhere, and are found the next time round. It can be run again: then it
/// goes on with the rows that are left.
pub(super) fn fill(table: &str, set: &str, condition: &str) -> String {
    let update = format!("UPDATE {table} SET {set} WHERE ctid = ANY (pum.batch) AND {condition};");
    let body = in_dollars(&format!(
        "#variable_conflict use_column
<<pum>>
DECLARE
  batch tid[] := '{{}}';
  row_id tid;
  filled bigint;
  number bigint;
BEGIN
  LOOP
    pum.filled := 0;
    FOR row_id IN SELECT ctid FROM {table} WHERE {condition} LOOP
      pum.batch := pum.batch || pum.row_id;
      IF pg_catalog.cardinality(pum.batch) >= {BATCH} THEN
        {update}
        GET DIAGNOSTICS number = ROW_COUNT;
        pum.filled := pum.filled + pum.number;
        pum.batch := '{{}}';
        COMMIT;
      END IF;
    END LOOP;
    {update}
    GET DIAGNOSTICS number = ROW_COUNT;
    pum.filled := pum.filled + pum.number;
    pum.batch := '{{}}';
    COMMIT;
    EXIT WHEN pum.filled = 0;
  END LOOP;
END"
    ));
    format!("DO {body};")
}

/// A text between dollars, on lines of its own.
pub(super) fn in_dollars(body: &str) -> String {
    let mut tag = "$pum$".to_owned();
    while body.contains(&tag) {
        tag = format!("$pum_{}$", tag.len());
    }
    format!("{tag}\n{body}\n{tag}")
}
