//! How long something takes and how much memory.

use std::process::{Child, Output};
use std::time::{Duration, Instant};

pub fn time(work: impl FnOnce()) -> Duration {
    let started = Instant::now();
    work();
    started.elapsed()
}

/// The middle one; of an even number, the later of the two.
pub fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// What several runs took. On a machine that does other things too, the best says more.
#[derive(Debug, Clone, Copy)]
pub struct Times {
    pub median: Duration,
    pub best: Duration,
}

impl Times {
    pub fn of(times: Vec<Duration>) -> Self {
        Self { best: times.iter().copied().min().unwrap(), median: median(times) }
    }

    /// How this compares with `other`, in words.
    pub fn ratio(self, other: Self) -> String {
        let ratio = |one: Duration, other: Duration| one.as_secs_f64() / other.as_secs_f64();
        let (medians, best) = (ratio(self.median, other.median), ratio(self.best, other.best));
        format!("{medians:.2}, of the best {best:.2}")
    }
}

impl std::ops::Add for Times {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { median: self.median + other.median, best: self.best + other.best }
    }
}

impl std::fmt::Display for Times {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}, best {}", milliseconds(self.median), milliseconds(self.best))
    }
}

/// Milliseconds, with a decimal place.
pub fn milliseconds(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1000.0)
}

/// Waits for a command and watches the most memory, in kB, that it had resident. The system tells
/// of running processes only: what is allocated in the last few milliseconds is not seen.
pub fn wait_and_watch(child: Child) -> (Output, u64) {
    let status = format!("/proc/{}/status", child.id());
    std::thread::scope(|scope| {
        let watcher = scope.spawn(move || {
            let mut peak = 0;
            while let Some(now) = peak_so_far(&status) {
                peak = now;
                std::thread::sleep(Duration::from_millis(2));
            }
            peak
        });
        let output = child.wait_with_output().unwrap();
        (output, watcher.join().unwrap())
    })
}

/// `None` once the process has ended.
fn peak_so_far(status: &str) -> Option<u64> {
    let text = std::fs::read_to_string(status).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}
