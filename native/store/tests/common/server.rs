//! A PostgreSQL server for tests: in a folder of its own, on a free port, gone with this process.

use std::fs;
use std::io::Write as _;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

pub struct Server {
    child: Child,
    bin: PathBuf,
    pub folder: PathBuf,
    pub port: u16,
}

/// Whether this process may do everything.
pub fn root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0)
}

/// Who the server runs as: it refuses root.
fn command(program: &Path) -> Command {
    if !root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(program);
    command
}

fn run(command: &mut Command) -> Output {
    let output = command.output().expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output
}

impl Server {
    /// None, having said so, where there is none to start.
    pub fn start(settings: &[&str]) -> Option<Server> {
        let mut versions: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
            .map(|entries| entries.flatten().map(|entry| entry.path().join("bin")).collect())
            .unwrap_or_default();
        versions.retain(|bin| bin.join("initdb").exists() && bin.join("postgres").exists());
        versions.sort();
        let Some(bin) = versions.pop() else {
            println!("skipped: no PostgreSQL in /usr/lib/postgresql (Debian's package postgresql)");
            return None;
        };
        let folder = tempfile::Builder::new().prefix("workbooks-postgres-").tempdir().unwrap().keep();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
        if root() {
            run(Command::new("chown").arg("postgres").arg(&folder));
        }
        let data = folder.join("data");
        run(command(&bin.join("initdb")).args(["-A", "trust", "-U", "postgres", "-N", "-D"]).arg(&data));
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        // The shell outlives neither the server nor this process, whose end closes its input.
        let script =
            r#""$@" >log 2>&1 & pid=$!; cat >/dev/null; kill -QUIT $pid; kill -CONT $pid; wait $pid; rm -rf "$PWD""#;
        let mut child = command(Path::new("sh"));
        child.current_dir(&folder).args(["-c", script, "sh"]).arg(bin.join("postgres")).arg("-D").arg(&data);
        child.args(["-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-c", "max_connections=60"]);
        child.args(["-p", &port.to_string(), "-k"]).arg(&folder);
        for setting in settings {
            child.args(["-c", setting]);
        }
        let child = child.stdin(Stdio::piped()).spawn().expect("it starts");
        let server = Server { child, bin, folder, port };
        let patience = Instant::now() + Duration::from_secs(60);
        while server.psql("SELECT 1").is_none() {
            let log = || fs::read_to_string(server.folder.join("log")).unwrap_or_default();
            assert!(Instant::now() < patience, "the server does not start: {}", log());
            sleep(Duration::from_millis(50));
        }
        Some(server)
    }

    pub fn url(&self) -> String {
        format!("postgres://postgres:top-secret@127.0.0.1:{}/postgres", self.port)
    }

    /// What a statement answers, or None when it fails.
    pub fn psql(&self, statement: &str) -> Option<String> {
        let mut psql = Command::new(self.bin.join("psql"));
        psql.args(["-X", "-A", "-t", "-U", "postgres", "-p", &self.port.to_string(), "-h"]).arg(&self.folder);
        let output = psql.args(["-v", "ON_ERROR_STOP=1", "-c", statement, "postgres"]).output().expect("psql runs");
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_string())
    }

    /// Stops every process of the server where it is, or lets them go on.
    pub fn signal(&self, signal: &str) {
        let pid = fs::read_to_string(self.folder.join("data/postmaster.pid")).unwrap();
        let pid = pid.lines().next().unwrap().trim();
        let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap();
        // The shell's own: the program of that name need not be there.
        let kill = format!("kill -{signal} {pid} {children}");
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.stdin.take().map(|mut stdin| stdin.flush()));
        let _ = self.child.wait();
    }
}
