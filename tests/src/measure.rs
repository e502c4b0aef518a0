//! How long something takes, how much of the processors, and how much memory.

use std::path::Path;
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

/// What some work took: on a machine that does other things too, the time of the processors says
/// more than the clock.
#[derive(Debug, Clone, Copy)]
pub struct Cost {
    pub clock: Duration,
    /// Of the programs that were run, and of the server.
    pub processors: Duration,
}

impl Cost {
    /// That of work which runs programs, on a server that has its data in `data`. Only what ended
    /// is counted of both: connections, programs.
    pub fn of(data: &Path, work: impl FnOnce()) -> Self {
        settle();
        let before = processor_time(data);
        let clock = time(work);
        settle();
        Self { clock, processors: processor_time(data).saturating_sub(before) }
    }

    /// The medians of several.
    pub fn median(all: &[Self]) -> Self {
        let of = |what: fn(&Self) -> Duration| median(all.iter().map(what).collect());
        Self { clock: of(|one| one.clock), processors: of(|one| one.processors) }
    }
}

impl std::ops::Add for Cost {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        let (clock, processors) = (self.clock + other.clock, self.processors + other.processors);
        Self { clock, processors }
    }
}

impl std::ops::Sub for Cost {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self {
            clock: self.clock.saturating_sub(other.clock),
            processors: self.processors.saturating_sub(other.processors),
        }
    }
}

impl std::ops::Div<u32> for Cost {
    type Output = Self;

    fn div(self, by: u32) -> Self {
        Self { clock: self.clock / by, processors: self.processors / by }
    }
}

impl std::fmt::Display for Cost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (clock, processors) = (milliseconds(self.clock), milliseconds(self.processors));
        write!(f, "{clock} ({processors} of the processors)")
    }
}

/// Until the backends of the last connections have ended.
fn settle() {
    std::thread::sleep(Duration::from_millis(100));
}

/// The processors' time of the programs that this process ran to their end, of a server, and of its
/// processes, in hundredths of a second.
fn processor_time(data: &Path) -> Duration {
    let postmaster = std::fs::read_to_string(data.join("postmaster.pid")).unwrap();
    let postmaster = postmaster.lines().next().unwrap().to_owned();
    let processes = std::fs::read_dir("/proc").unwrap().flatten().filter_map(|entry| {
        let fields = fields_of(&entry.file_name().to_string_lossy())?;
        (fields[1] == postmaster).then(|| ticks(&fields[11..15]))
    });
    let server = ticks(&fields_of(&postmaster).unwrap()[11..15]);
    let ended = ticks(&fields_of("self").unwrap()[13..15]);
    Duration::from_millis((processes.sum::<u64>() + server + ended) * 10)
}

/// What `/proc` says of a process, from its state on.
fn fields_of(process: &str) -> Option<Vec<String>> {
    let text = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let (_, rest) = text.rsplit_once(") ")?;
    Some(rest.split(' ').map(str::to_owned).collect())
}

fn ticks(fields: &[String]) -> u64 {
    fields.iter().map(|field| field.parse::<u64>().unwrap()).sum()
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
