//! The program itself: started on a free port over a folder of its own, spoken to, stopped and killed.

use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use super::api::Api;

/// Whatever a test waits for has come by then; nothing takes so long.
pub const DEADLINE: Duration = Duration::from_mins(1);

/// A folder with the data folder, perhaps a configuration, and the files of a test.
pub struct Place {
    folder: TempDir,
    data: PathBuf,
    env: Vec<(String, String)>,
}

impl Default for Place {
    fn default() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let data = folder.path().join("data");
        Self {
            folder,
            data,
            env: Vec::new(),
        }
    }
}

impl Place {
    /// Everything in temporary folders, no configuration.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same with a configuration.
    pub fn configured(toml: &str) -> Self {
        let place = Self::default();
        place.write("buzzwall.toml", toml);
        place
    }

    /// The same with the data folder elsewhere.
    pub fn with_data(mut self, data: &Path) -> Self {
        data.clone_into(&mut self.data);
        self
    }

    /// The same with an environment variable set.
    pub fn with_env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn data(&self) -> &Path {
        &self.data
    }

    /// Where a file of that name lies or would lie.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file.
    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, text).expect("a file can be written");
        path
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_buzzwall"));
        command
            .args(args)
            .arg("--data")
            .arg(&self.data)
            .current_dir(self.folder.path())
            .env_remove("RUST_LOG")
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .kill_on_drop(true);
        command
    }

    /// Runs a command to its end.
    pub async fn run(&self, args: &[&str]) -> Ran {
        self.run_with(args, "").await
    }

    /// Runs a command that reads standard input.
    pub async fn run_with(&self, args: &[&str], input: &str) -> Ran {
        let mut child = self
            .command(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program can be started");
        let mut stdin = child.stdin.take().expect("it is piped");
        // A command that reads nothing may be gone already.
        drop(stdin.write_all(input.as_bytes()).await);
        drop(stdin);
        let output = timeout(DEADLINE, child.wait_with_output())
            .await
            .unwrap_or_else(|_| panic!("{args:?} does not end"))
            .expect("its output can be read");
        Ran {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).expect("it writes UTF-8"),
            err: String::from_utf8(output.stderr).expect("it writes UTF-8"),
        }
    }

    /// Starts the service on a free port and waits until it tells its addresses.
    pub async fn serve(&self, args: &[&str]) -> Service {
        let log = self.path("log");
        let file = std::fs::File::options()
            .create(true)
            .append(true)
            .open(&log)
            .expect("a log can be written");
        let mut child = self
            .command(&["serve"])
            .args(["--listen", "127.0.0.1:0"])
            .args(args)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(file)
            .spawn()
            .expect("the program can be started");
        let mut stdout = child.stdout.take().expect("it is piped");
        let mut told = String::new();
        let mut buffer = [0; 4096];
        // It tells everything in one piece that ends with an empty line.
        while !told.ends_with("\n\n") {
            let read = timeout(DEADLINE, stdout.read(&mut buffer)).await;
            let read = read.expect("it tells in time").expect("it can be read");
            let log = || std::fs::read_to_string(&log).unwrap_or_default();
            assert!(read > 0, "it ended at its start:\n{}", log());
            told.push_str(std::str::from_utf8(&buffer[..read]).expect("it writes UTF-8"));
        }
        let base = told
            .lines()
            .find_map(|line| line.trim().strip_prefix("wall "))
            .and_then(|url| Some(url.trim().split_once("/w/")?.0.to_owned()))
            .unwrap_or_else(|| panic!("no address of a wall in:\n{told}"));
        let token = told
            .lines()
            .find_map(|line| Some(line.split_once("/sign-in#")?.1.to_owned()));
        Service {
            child,
            base,
            token,
            told,
            log,
            _stdout: stdout,
        }
    }
}

/// A command that ran to its end.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Ran {
    /// What it wrote, where it must have done its job.
    pub fn done(self) -> String {
        assert_eq!(self.code, Some(0), "{}{}", self.out, self.err);
        self.out
    }

    /// What it wrote to standard error, where it must have failed so.
    pub fn failed(self, code: i32) -> String {
        assert_eq!(self.code, Some(code), "{}{}", self.out, self.err);
        self.err
    }
}

/// The running service; killed when this is dropped.
pub struct Service {
    child: Child,
    /// `http://127.0.0.1:PORT`.
    pub base: String,
    /// The one-time sign-in link's token, where it printed one.
    pub token: Option<String>,
    /// What it told at its start.
    pub told: String,
    log: PathBuf,
    _stdout: tokio::process::ChildStdout,
}

impl Service {
    /// Somebody who is not signed in.
    pub fn anybody(&self) -> Api {
        Api::new(&self.base)
    }

    /// The operator, by the printed link.
    pub async fn operator(&self) -> Api {
        let token = self.token.as_deref().expect("it printed a sign-in link");
        Api::by_link(&self.base, token).await
    }

    /// Somebody new who signs in by password.
    pub async fn person(&self, place: &Place, name: &str, role: &str) -> Api {
        let args = ["person", "add", name, "--role", role, "--password-stdin"];
        place.run_with(&args, "a long secret\n").await.done();
        let signed_in = Api::by_password(&self.base, name, "a long secret").await;
        signed_in.expect("the password is right")
    }

    /// The log so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).expect("the log can be read")
    }

    /// Ends it at once, as a power cut does to the process.
    pub async fn kill(mut self) {
        self.child.kill().await.expect("it can be killed");
    }

    /// Asks it to stop, without waiting.
    pub async fn ask_to_stop(&self) {
        let pid = self.child.id().expect("it runs").to_string();
        let sent = Command::new("kill").args(["-TERM", &pid]).status().await;
        assert!(sent.is_ok_and(|status| status.success()));
    }

    /// Waits for its end.
    pub async fn ended(&mut self) -> ExitStatus {
        timeout(DEADLINE, self.child.wait())
            .await
            .unwrap_or_else(|_| panic!("it does not stop"))
            .expect("it can be waited for")
    }

    /// Asks it to stop and waits until it has.
    pub async fn stop(mut self) {
        self.ask_to_stop().await;
        let status = self.ended().await;
        assert_eq!(status.code(), Some(0), "{}", self.log());
    }
}
