//! The command at a pseudo-terminal, as a person sees it.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::process::{Child, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use nix::pty::{Winsize, openpty};

use crate::command::Home;

/// How long something on the screen is waited for: a test that fails must end.
const PATIENCE: Duration = Duration::from_secs(60);

/// A command that runs at a pseudo-terminal of its own, which is its controlling one.
pub struct Terminal {
    child: Child,
    keyboard: File,
    screen: Arc<Screen>,
}

/// All that was ever written to it.
#[derive(Default)]
struct Screen {
    /// The bytes, and whether nothing more will come.
    written: Mutex<(Vec<u8>, bool)>,
    more: Condvar,
}

impl Terminal {
    /// Starts a command at a terminal of so many columns.
    pub fn start(home: &Home, program: &str, line: &str, columns: u16) -> Self {
        let size = Winsize { ws_row: 40, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        let pair = openpty(&size, None).unwrap();
        let mut arguments = vec!["--ctty", "--wait", program];
        arguments.extend(line.split_whitespace());
        let end = |fd: &OwnedFd| Stdio::from(fd.try_clone().unwrap());
        let mut command = home.command("setsid", &arguments);
        command.env("TERM", "xterm-256color");
        command.stdin(end(&pair.slave)).stdout(end(&pair.slave)).stderr(end(&pair.slave));
        let child = command.spawn().unwrap();
        // Once they are closed here, the command's end is that of the terminal.
        drop((command, pair.slave));
        let keyboard = File::from(pair.master);
        let screen = Arc::<Screen>::default();
        let (mut reader, seen) = (keyboard.try_clone().unwrap(), Arc::clone(&screen));
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            // At the end of the command reading fails.
            while let Ok(length @ 1..) = reader.read(&mut buffer) {
                seen.written.lock().unwrap().0.extend_from_slice(&buffer[..length]);
                seen.more.notify_all();
            }
            seen.written.lock().unwrap().1 = true;
            seen.more.notify_all();
        });
        Self { child, keyboard, screen }
    }

    /// Types something.
    pub fn type_in(&mut self, text: &str) {
        self.keyboard.write_all(text.as_bytes()).unwrap();
    }

    /// Ctrl-C.
    pub fn interrupt(&mut self) {
        self.type_in("\x03");
    }

    /// Waits until a text was written after what was seen until then, and gives all from there on to
    /// its end.
    #[track_caller]
    pub fn wait_for(&self, text: &str, seen: &mut usize) -> String {
        let until = Instant::now() + PATIENCE;
        let mut written = self.screen.written.lock().unwrap();
        loop {
            let shown = plain(&written.0);
            let new = shown.get(*seen..).unwrap_or_default();
            if let Some(at) = new.find(text) {
                let end = at + text.len();
                let part = new[..end].to_owned();
                *seen += end;
                return part;
            }
            let left = until.saturating_duration_since(Instant::now());
            assert!(!written.1 && !left.is_zero(), "{text:?} was not shown:\n{shown}");
            written = self.screen.more.wait_timeout(written, left).unwrap().0;
        }
    }

    /// Whether nothing more comes.
    pub fn has_ended(&self) -> bool {
        self.screen.written.lock().unwrap().1
    }

    /// Waits for its end; gives its exit code and all that it wrote.
    pub fn end(self) -> (Option<i32>, String) {
        let (code, written) = self.end_with_bytes();
        (code, plain(&written))
    }

    /// That with the bytes as they were written, such as those of colours.
    pub fn end_with_bytes(mut self) -> (Option<i32>, Vec<u8>) {
        let code = self.child.wait().unwrap().code();
        let mut written = self.screen.written.lock().unwrap();
        while !written.1 {
            written = self.screen.more.wait(written).unwrap();
        }
        (code, written.0.clone())
    }
}

/// A test that fails leaves no command behind.
impl Drop for Terminal {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = self.keyboard.write_all(b"\x03\x03");
            let _ = self.child.wait();
        }
    }
}

/// What is written, without what moves the cursor or colours it; each time that a line is written
/// anew it is a line of its own.
fn plain(written: &[u8]) -> String {
    let text = String::from_utf8_lossy(written).replace("\r\n", "\n");
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\x1b' => {
                // `ESC [ … letter`; others have one more character.
                if chars.next() == Some('[') {
                    for c in chars.by_ref() {
                        if c.is_ascii_alphabetic() {
                            break;
                        }
                    }
                }
            }
            '\r' => out.push('\n'),
            c => out.push(c),
        }
    }
    out
}
