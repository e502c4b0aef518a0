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
