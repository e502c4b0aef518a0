//! A real browser without a window, driven by the Chrome DevTools Protocol
//! (<https://chromedevtools.github.io/devtools-protocol/>) over a pair of pipes.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use nix::sys::stat::Mode;
use serde_json::{Value, json};
use tempfile::TempDir;

/// A browser with one page.
pub struct Browser {
    process: Child,
    commands: File,
    answers: BufReader<File>,
    /// Events that came between the answers.
    events: Vec<Value>,
    session: Option<String>,
    last: u64,
    /// Its profile and the pipes.
    _directory: TempDir,
}

/// What axe-core finds, with the element and the reason.
const FINDINGS: &str = "axe.run().then((found) => found.violations.map((one) => \
     [one.id, one.nodes.map((node) => node.target.join(' ') + ': ' + node.failureSummary)]))";

/// The script of axe-core, as `scripts/fetch-axe.sh` gets it.
fn axe() -> Option<String> {
    let path = crate::repository().join("target/axe/axe.min.js");
    let script = std::fs::read_to_string(path).ok();
    if script.is_none() {
        let message = "NOT TESTED: accessibility of pages: run scripts/fetch-axe.sh";
        assert!(std::env::var_os("PUM_REQUIRE_BROWSER").is_none(), "{message}");
        crate::say(message);
    }
    script
}

const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "chrome"];

impl Browser {
    /// Starts the browser that is in `PATH`. If there is none, a word about it, or a failure where
    /// there must be one.
    pub fn start() -> Option<Self> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let program = std::env::split_paths(&path)
            .flat_map(|directory| NAMES.map(|name| directory.join(name)))
            .find(|program| program.is_file());
        if program.is_none() {
            let message = "NOT TESTED: pages in a browser: there is no chromium in PATH";
            assert!(std::env::var_os("PUM_REQUIRE_BROWSER").is_none(), "{message}");
            crate::say(message);
        }
        let mut browser = Self::spawn(&program?);
        let target = browser.call("Target.createTarget", &json!({ "url": "about:blank" }));
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        let session = browser.call("Target.attachToTarget", &attach);
        browser.session = session["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page", "Runtime", "Log", "Network"] {
            browser.call(&format!("{domain}.enable"), &json!({}));
        }
        Some(browser)
    }

    fn spawn(program: &Path) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let (to, from) = (directory.path().join("to"), directory.path().join("from"));
        for pipe in [&to, &from] {
            nix::unistd::mkfifo(pipe, Mode::S_IRWXU).unwrap();
        }
        let profile = directory.path().join("profile");
        let process = Command::new("sh")
            .args(["-c", "exec 3<\"$1\" 4>\"$2\"; shift 2; exec \"$@\"", "sh"])
            .args([&to, &from])
            .arg(program)
            .args(["--headless=new", "--disable-gpu", "--remote-debugging-pipe"])
            // It refuses to run as root otherwise, as tests do in containers.
            .arg("--no-sandbox")
            .arg(format!("--user-data-dir={}", profile.display()))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let commands = File::options().write(true).open(&to).unwrap();
        let answers = BufReader::new(File::open(&from).unwrap());
        Self {
            process,
            commands,
            answers,
            events: Vec::new(),
            session: None,
            last: 0,
            _directory: directory,
        }
    }

    /// Calls a method of the protocol.
    pub fn call(&mut self, method: &str, parameters: &Value) -> Value {
        self.last += 1;
        let mut message = json!({ "id": self.last, "method": method, "params": parameters });
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        self.commands.write_all(format!("{message}\0").as_bytes()).unwrap();
        loop {
            let message = self.message();
            if message["id"] == self.last {
                assert!(message["error"].is_null(), "{method}: {message}");
                return message["result"].clone();
            }
            self.events.push(message);
        }
    }

    fn message(&mut self) -> Value {
        let mut bytes = Vec::new();
        self.answers.read_until(0, &mut bytes).unwrap();
        assert_eq!(bytes.pop(), Some(0), "the browser ended");
        serde_json::from_slice(&bytes).unwrap()
    }

    /// Opens a file and waits until it is loaded.
    pub fn open(&mut self, page: &Path) {
        self.events.clear();
        self.call("Page.navigate", &json!({ "url": format!("file://{}", page.display()) }));
        while !self.events.iter().any(|event| event["method"] == "Page.loadEventFired") {
            let event = self.message();
            self.events.push(event);
        }
    }

    /// The value of an expression on the page, after all that is due on it was done.
    pub fn evaluate(&mut self, expression: &str) -> Value {
        let parameters = json!({
            "expression": format!(
                "new Promise((done) => requestAnimationFrame(() => \
                 requestAnimationFrame(() => done({expression}))))"
            ),
            "awaitPromise": true,
            "returnByValue": true,
        });
        let result = self.call("Runtime.evaluate", &parameters);
        assert!(result["exceptionDetails"].is_null(), "{expression}: {result}");
        result["result"]["value"].clone()
    }

    /// Does something on the page.
    pub fn execute(&mut self, statements: &str) {
        self.evaluate(&format!("(() => {{ {statements} }})()"));
    }

    /// What stands in the console since the page was opened: messages and errors.
    pub fn console(&self) -> Vec<String> {
        let loud = ["Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded"];
        let events = self.events.iter();
        events
            .filter(|event| loud.iter().any(|method| event["method"] == *method))
            .map(Value::to_string)
            .collect()
    }

    /// What was requested since the page was opened, the page too.
    pub fn requests(&self) -> Vec<String> {
        let events = self.events.iter();
        events
            .filter(|event| event["method"] == "Network.requestWillBeSent")
            .filter_map(|event| event["params"]["request"]["url"].as_str())
            .map(str::to_owned)
            .collect()
    }

    /// Presses a key, such as `Tab`, `Enter` or `/`, as a person does.
    pub fn press(&mut self, key: &str) {
        let code = match key {
            "Tab" => 9,
            "Enter" => 13,
            "Escape" => 27,
            "/" => 191,
            other => panic!("a key that is not known here: {other}"),
        };
        let text = match key {
            "Enter" => "\r",
            "/" => "/",
            _ => "",
        };
        let mut down = json!({ "type": "rawKeyDown", "key": key, "windowsVirtualKeyCode": code });
        if !text.is_empty() {
            down["type"] = json!("keyDown");
            down["text"] = json!(text);
        }
        self.call("Input.dispatchKeyEvent", &down);
        let up = json!({ "type": "keyUp", "key": key, "windowsVirtualKeyCode": code });
        self.call("Input.dispatchKeyEvent", &up);
    }

    /// Presses Tab until an element that the selector names has the focus.
    pub fn tab_to(&mut self, selector: &str) {
        const MOST: usize = 300;
        for _ in 0..MOST {
            self.press("Tab");
            let is_there = format!("document.activeElement.matches({})", json!(selector));
            if self.evaluate(&is_there) == true {
                return;
            }
        }
        panic!("{selector} cannot be reached by the keyboard");
    }

    /// Fails unless a page can be used at the widths of a phone, a tablet and a screen, light and dark:
    /// nothing in the console, nothing wider than the window, and nothing that axe-core finds, if it is
    /// here.
    pub fn check_everywhere(&mut self, page: &Path) {
        let axe = axe();
        let overflow =
            "document.documentElement.scrollWidth - document.documentElement.clientWidth";
        for width in [390, 800, 1400] {
            for scheme in ["light", "dark"] {
                let place = format!("{} at {width}, {scheme}", page.display());
                self.set_width(width);
                self.set_medium("screen", scheme);
                self.open(page);
                assert_eq!(self.evaluate(overflow), 0, "{place}");
                if let Some(axe) = &axe {
                    self.call("Runtime.evaluate", &json!({ "expression": axe }));
                    let found = self.evaluate(FINDINGS);
                    assert_eq!(found, json!([]), "{place}: {found:#}");
                }
                assert_eq!(self.console(), [""; 0], "{place}");
            }
        }
    }

    /// Pretends a window of this width, in CSS pixels.
    pub fn set_width(&mut self, width: u32) {
        let metrics =
            json!({ "width": width, "height": 800, "deviceScaleFactor": 1, "mobile": false });
        self.call("Emulation.setDeviceMetricsOverride", &metrics);
    }

    /// Pretends a medium (`screen`, `print`) and a colour scheme (`light`, `dark`).
    pub fn set_medium(&mut self, medium: &str, scheme: &str) {
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        let media = json!({ "media": medium, "features": features });
        self.call("Emulation.setEmulatedMedia", &media);
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
