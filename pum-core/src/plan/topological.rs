//! Puts what needs each other in order.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, HashSet};

/// What comes before what, by number: the one, and the other one after it.
pub(super) type Edges = HashSet<(usize, usize)>;

/// Puts numbers in order: each after those that `edges` say, and, if these leave a choice, after those
/// that `wishes` say; then by their keys. Gives those that are left if there is no order.
pub(super) fn sort<K: Ord>(
    keys: &[K],
    edges: &Edges,
    wishes: &Edges,
) -> Result<Vec<usize>, Vec<usize>> {
    let mut after: Vec<Vec<(usize, bool)>> = keys.iter().map(|_| Vec::new()).collect();
    let (mut open, mut asked) = (vec![0_usize; keys.len()], vec![0_usize; keys.len()]);
    for (before, next) in edges {
        after[*before].push((*next, true));
        open[*next] += 1;
    }
    for (before, next) in wishes.difference(edges) {
        after[*before].push((*next, false));
        asked[*next] += 1;
    }
    let key = |at: usize| Reverse((&keys[at], at));
    let mut ready: BinaryHeap<_> =
        (0..keys.len()).filter(|at| open[*at] == 0 && asked[*at] == 0).map(key).collect();
    let mut sorted = Vec::new();
    let mut is_sorted = vec![false; keys.len()];
    while sorted.len() < keys.len() {
        let Some(at) = ready.pop().map(|Reverse((_, at))| at).or_else(|| {
            let possible = (0..keys.len()).filter(|at| open[*at] == 0 && !is_sorted[*at]);
            possible.min_by_key(|at| (&keys[*at], *at))
        }) else {
            return Err(cycles(edges, (0..keys.len()).filter(|at| !is_sorted[*at]).collect()));
        };
        sorted.push(at);
        is_sorted[at] = true;
        for (next, is_needed) in &after[at] {
            let counts = if *is_needed { &mut open } else { &mut asked };
            counts[*next] -= 1;
            if open[*next] == 0 && asked[*next] == 0 && !is_sorted[*next] {
                ready.push(key(*next));
            }
        }
    }
    Ok(sorted)
}

/// Of what is left, what is in a circle or between two of them: not what only comes after.
fn cycles(edges: &Edges, left: Vec<usize>) -> Vec<usize> {
    let mut left: BTreeSet<usize> = left.into_iter().collect();
    loop {
        let comes_before: HashSet<usize> = edges
            .iter()
            .filter(|(before, after)| left.contains(before) && left.contains(after))
            .map(|(before, _)| *before)
            .collect();
        let count = left.len();
        left.retain(|at| comes_before.contains(at));
        if left.len() == count {
            return left.into_iter().collect();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wishes_are_heard_where_there_is_a_choice() {
        let keys = ["a", "b", "c"];
        let none = Edges::new();
        assert_eq!(sort(&keys, &none, &none), Ok(vec![0, 1, 2]));
        assert_eq!(sort(&keys, &[(2, 0)].into(), &none), Ok(vec![1, 2, 0]));
        assert_eq!(sort(&keys, &none, &[(2, 0)].into()), Ok(vec![1, 2, 0]));
        assert_eq!(sort(&keys, &[(0, 2)].into(), &[(2, 0)].into()), Ok(vec![1, 0, 2]));
        assert_eq!(sort(&keys, &none, &[(0, 1), (1, 0)].into()), Ok(vec![2, 0, 1]));
        assert_eq!(sort(&keys, &[(0, 1), (1, 0)].into(), &none), Err(vec![0, 1]));
        assert_eq!(sort(&keys, &[(0, 1), (1, 0), (1, 2)].into(), &none), Err(vec![0, 1]));
    }
}
