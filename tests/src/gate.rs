//! A server behind a gate: a proxy on a Unix socket that holds a client at one of its requests, before
//! the server has it or when the server has done it and the client does not know yet.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::Child;
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// On which side of a request a client is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hold {
    /// The server does not have the request.
    Before,
    /// The server has answered, and the client has no answer.
    After,
}

/// The gate; closed with all its connections when dropped.
pub struct Gate {
    directory: TempDir,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// What the clients asked, in order.
    requests: Vec<String>,
    hold: Option<(usize, Hold)>,
    /// The backend of the client that is held.
    held: Option<i32>,
    is_closed: bool,
    connections: Vec<[UnixStream; 2]>,
}

impl Gate {
    /// A gate to the server with this socket. The request of that number, from 0, is held.
    pub fn start(socket: &Path, hold: Option<(usize, Hold)>) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(socket_in(directory.path())).unwrap();
        let shared = Arc::<Shared>::default();
        shared.state.lock().unwrap().hold = hold;
        let (socket, accepting) = (socket.to_owned(), Arc::clone(&shared));
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if accepting.state.lock().unwrap().is_closed {
                    break;
                }
                // A server that is gone is a closed connection for the client.
                let Ok(server) = UnixStream::connect(&socket) else { continue };
                serve(&accepting, client, server);
            }
        });
        Self { directory, shared }
    }

    /// The directory of its socket: the host for its clients, with the port 5432.
    pub fn host(&self) -> &str {
        self.directory.path().to_str().unwrap()
    }

    /// What the clients have asked so far.
    pub fn requests(&self) -> Vec<String> {
        self.shared.state.lock().unwrap().requests.clone()
    }

    /// Waits until a client is held, and gives its backend; `None` if its process ends before.
    pub fn wait(&self, child: &mut Child) -> Option<i32> {
        let deadline = Instant::now() + Duration::from_secs(60);
        let mut state = self.shared.state.lock().unwrap();
        loop {
            if state.held.is_some() {
                return state.held;
            }
            if child.try_wait().unwrap().is_some() {
                return None;
            }
            assert!(Instant::now() < deadline, "never held: {:?}", state.requests.last());
            // The end of a process wakes nobody.
            state = self.shared.changed.wait_timeout(state, Duration::from_millis(5)).unwrap().0;
        }
    }

    /// Whether a client is held, and not by a request that the server is working on.
    pub fn is_held(&self) -> bool {
        self.shared.state.lock().unwrap().held.is_some()
    }

    /// Hands the server the request before which a client is held: it is held after it then.
    pub fn send(&self) {
        let mut state = self.shared.state.lock().unwrap();
        state.hold = state.hold.map(|(number, _)| (number, Hold::After));
        state.held = None;
        self.shared.changed.notify_all();
    }

    /// Lets the client that is held go on; no other one is held.
    pub fn open(&self) {
        self.shared.state.lock().unwrap().hold = None;
        self.shared.changed.notify_all();
    }

    /// Cuts all connections; new ones are served.
    pub fn cut(&self) {
        let mut state = self.shared.state.lock().unwrap();
        for stream in state.connections.drain(..).flatten() {
            let _ = stream.shutdown(Shutdown::Both);
        }
        drop(state);
        self.open();
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.shared.state.lock().unwrap().is_closed = true;
        self.cut();
        // Wakes the acceptor, which then sees that it is to stop.
        let _ = UnixStream::connect(socket_in(self.directory.path()));
    }
}

fn socket_in(directory: &Path) -> PathBuf {
    directory.join(".s.PGSQL.5432")
}

/// Serves a connection on threads of its own.
fn serve(shared: &Arc<Shared>, client: UnixStream, server: UnixStream) {
    let copies = || [&client, &server].map(|stream| stream.try_clone().unwrap());
    shared.state.lock().unwrap().connections.push(copies());
    let [from_client, to_server] = copies();
    let connection = Arc::new(Mutex::new(Connection::default()));
    let (asked, answered) = (Arc::clone(shared), Arc::clone(shared));
    let other = Arc::clone(&connection);
    thread::spawn(move || {
        let _ = requests(&asked, &connection, &from_client, &to_server);
        let _ = to_server.shutdown(Shutdown::Both);
    });
    thread::spawn(move || {
        let _ = answers(&answered, &other, &server, &client);
        let _ = client.shutdown(Shutdown::Both);
    });
}

#[derive(Default)]
struct Connection {
    backend: i32,
    /// Whether the answers to the request that was sent last are withheld.
    is_withheld: bool,
}

/// Hands on what a client says, a request at a time.
fn requests(
    shared: &Shared,
    connection: &Mutex<Connection>,
    mut client: &UnixStream,
    mut server: &UnixStream,
) -> std::io::Result<()> {
    // The start has no letter.
    let start = message(&mut client, 0)?;
    server.write_all(&start)?;
    let (mut request, mut text) = (Vec::new(), String::new());
    loop {
        let message = message(&mut client, 1)?;
        request.extend_from_slice(&message);
        match message[0] {
            b'Q' => text.push_str(&until_nul(&message[5..])),
            // Behind the name of the statement.
            b'P' => {
                let name = until_nul(&message[5..]).len();
                text.push_str(&until_nul(&message[5 + name + 1..]));
            }
            _ => {}
        }
        if matches!(message[0], b'Q' | b'S') {
            pass(shared, connection, std::mem::take(&mut text), || server.write_all(&request))?;
            request.clear();
        } else if matches!(message[0], b'X' | b'd' | b'c' | b'f' | b'p') {
            server.write_all(&request)?;
            request.clear();
        }
    }
}

/// Sends a request, and holds its client if that is the one.
fn pass(
    shared: &Shared,
    connection: &Mutex<Connection>,
    text: String,
    send: impl FnOnce() -> std::io::Result<()>,
) -> std::io::Result<()> {
    let mut state = shared.state.lock().unwrap();
    let number = state.requests.len();
    state.requests.push(text);
    let backend = connection.lock().unwrap().backend;
    if state.hold == Some((number, Hold::Before)) {
        state.held = Some(backend);
        shared.changed.notify_all();
        let is_held = |state: &mut State| state.hold == Some((number, Hold::Before));
        state = shared.changed.wait_while(state, is_held).unwrap();
    }
    if state.hold == Some((number, Hold::After)) {
        connection.lock().unwrap().is_withheld = true;
    }
    drop(state);
    send()
}

/// Hands on what the server answers.
fn answers(
    shared: &Shared,
    connection: &Mutex<Connection>,
    mut server: &UnixStream,
    mut client: &UnixStream,
) -> std::io::Result<()> {
    loop {
        let message = message(&mut server, 1)?;
        if message[0] == b'K' {
            let backend = i32::from_be_bytes(message[5..9].try_into().unwrap());
            connection.lock().unwrap().backend = backend;
        }
        let Connection { backend, is_withheld } = *connection.lock().unwrap();
        if !is_withheld {
            client.write_all(&message)?;
        } else if message[0] == b'Z' {
            let mut state = shared.state.lock().unwrap();
            state.held = Some(backend);
            shared.changed.notify_all();
            // Nobody gets the answer.
            drop(shared.changed.wait_while(state, |state| state.hold.is_some()).unwrap());
            return Ok(());
        }
    }
}

/// A message: so many letters, its length, and the rest.
fn message(from: &mut impl Read, letters: usize) -> std::io::Result<Vec<u8>> {
    let mut message = vec![0; letters + 4];
    from.read_exact(&mut message)?;
    let length = u32::from_be_bytes(message[letters..].try_into().unwrap());
    message.resize(letters + length as usize, 0);
    from.read_exact(&mut message[letters + 4..])?;
    Ok(message)
}

fn until_nul(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    String::from_utf8_lossy(&bytes[..end]).into_owned()
}
