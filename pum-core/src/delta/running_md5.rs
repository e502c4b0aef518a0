//! An MD5 that is computed beside the reading, which of a large file takes as long.

use std::sync::mpsc::{Sender, SyncSender, channel, sync_channel};

use md5::{Digest, Md5};

/// An MD5 of bytes that come in one after the other.
pub(super) enum RunningMd5 {
    Here(Md5),
    There(Background),
}

/// A thread that computes one.
pub(super) struct Background {
    work: SyncSender<Work>,
    /// What was not handed over yet.
    waiting: Vec<u8>,
}

enum Work {
    Add(Vec<u8>),
    Tell(Sender<Md5>),
}

/// From this length on it is worth a thread.
pub(super) const LARGE: u64 = 4 * 1024 * 1024;

/// How much is handed over at once.
const PORTION: usize = 1024 * 1024;

impl Default for RunningMd5 {
    fn default() -> Self {
        Self::Here(Md5::new())
    }
}

impl RunningMd5 {
    /// One that goes on from `start` in a thread of its own, if the system has one left.
    pub(super) fn in_background(start: Md5) -> Self {
        let (work, orders) = sync_channel(2);
        let mut sum = start.clone();
        let compute = move || {
            for order in orders {
                match order {
                    Work::Add(bytes) => sum.update(&bytes),
                    // Who asked may have gone.
                    Work::Tell(answer) => drop(answer.send(sum.clone())),
                }
            }
        };
        match std::thread::Builder::new().spawn(compute) {
            Ok(_) => Self::There(Background { work, waiting: Vec::new() }),
            Err(_) => Self::Here(start),
        }
    }

    pub(super) fn update(&mut self, chunk: &[u8]) {
        match self {
            Self::Here(sum) => sum.update(chunk),
            Self::There(background) => {
                background.waiting.extend_from_slice(chunk);
                if background.waiting.len() >= PORTION {
                    background.hand_over();
                }
            }
        }
    }

    /// The MD5 so far, to go on from.
    pub(super) fn so_far(&mut self) -> Md5 {
        match self {
            Self::Here(sum) => sum.clone(),
            Self::There(background) => background.so_far(),
        }
    }
}

impl Background {
    fn hand_over(&mut self) {
        let portion = std::mem::replace(&mut self.waiting, Vec::with_capacity(PORTION));
        // The thread ends only with this sender.
        let _ = self.work.send(Work::Add(portion));
    }

    fn so_far(&mut self) -> Md5 {
        self.hand_over();
        let (answer, told) = channel();
        let _ = self.work.send(Work::Tell(answer));
        told.recv().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_same_in_the_background() {
        let mut here = RunningMd5::default();
        let mut there = RunningMd5::in_background(Md5::new());
        for length in [0, 10, PORTION - 5, PORTION, 3 * PORTION + 1, 7] {
            let chunk = vec![b'x'; length];
            here.update(&chunk);
            there.update(&chunk);
            assert_eq!(here.so_far().finalize(), there.so_far().finalize());
        }
    }
}
