//! Operators.

use super::not_written::not_written;

not_written! {
    Operator {
        owner,
        function,
        commutator,
        negator,
        restrict,
        join,
        hashes,
        merges,
        comment,
    }
}
