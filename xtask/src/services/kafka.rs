//! One Apache Kafka broker in KRaft mode: configured, formatted, started, probed, suspended, destroyed. What it
//! needs on the machine comes from [`super::install`].

use std::fmt;
use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream, ToSocketAddrs};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::{Lifetime, install, process};

/// A loaded two-core machine needed 38 s once.
const READY_WITHIN: Duration = Duration::from_secs(120);
/// A quiet broker stops in 0.4 s.
const STOP_WITHIN: Duration = Duration::from_secs(20);
/// Data is always fresh, so one id does for every cluster: 16 bytes in URL-safe base64.
const CLUSTER_ID: &str = "ZXZlbnRwYWN0LXRlc3RzIQ";

/// A broker that was started here, as its state file records it.
#[derive(Debug)]
pub(super) struct Broker {
    /// Where this record is kept.
    file: PathBuf,
    pid: u32,
    /// The xtask process that will stop it, or none when it runs until `down`.
    owner: Option<u32>,
    address: String,
    /// Where it listens for those who say who they are (SASL PLAIN).
    sasl_address: String,
    /// Where it listens by TLS.
    tls_address: String,
    /// Configuration, data and log of this broker. Its path is in the broker's command line and marks it as ours.
    dir: PathBuf,
}

impl fmt::Display for Broker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, process {}, data in {}", self.address, self.pid, self.dir.display())
    }
}

impl Broker {
    /// Where it listens, as `host:port`.
    pub(super) fn address(&self) -> &str {
        &self.address
    }

    /// The same for clients with a name and a password, [`SASL_USER`]'s.
    pub(super) fn sasl_address(&self) -> &str {
        &self.sasl_address
    }

    /// The same by TLS, and the certificate to trust.
    pub(super) fn tls(&self) -> (&str, PathBuf) {
        (&self.tls_address, self.dir.join(CERTIFICATE))
    }

    /// Reads the record of a broker, if there is one. A record that nobody can read is an error, not "no broker":
    /// a process may hide behind it.
    pub(super) fn read(file: &Path) -> Result<Option<Self>> {
        let text = match fs::read_to_string(file) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error).with_context(|| format!("cannot read {}", file.display())),
        };
        let broken = || format!("{} is damaged: stop the broker by hand if one runs, then delete the file", file.display());
        let state: Value = serde_json::from_str(&text).with_context(broken)?;
        let number = |name: &str| state[name].as_u64().and_then(|number| u32::try_from(number).ok());
        let string = |name: &str| state[name].as_str().map(str::to_owned);
        let record = || Some((number("pid")?, string("address")?, string("sasl_address")?, string("dir")?));
        let (pid, address, sasl_address, dir) = record().with_context(broken)?;
        // A broker that an older build started has none.
        let tls_address = string("tls_address").unwrap_or_default();
        Ok(Some(Self { file: file.to_owned(), pid, owner: number("owner"), address, sasl_address, tls_address, dir: dir.into() }))
    }

    fn write(&self) -> Result<()> {
        let state = json!({
            "pid": self.pid,
            "owner": self.owner,
            "address": self.address,
            "sasl_address": self.sasl_address,
            "tls_address": self.tls_address,
            "dir": self.dir,
        });
        if let Some(folder) = self.file.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(&self.file, format!("{state:#}\n")).with_context(|| format!("cannot write {}", self.file.display()))
    }

    /// Whether the run that wanted to stop it is gone.
    pub(super) fn is_abandoned(&self) -> bool {
        self.owner.is_some_and(|owner| !process::is_ours(owner, "xtask"))
    }

    /// Starts a fresh broker and waits until it answers.
    pub(super) fn start(file: &Path, lifetime: Lifetime) -> Result<Self> {
        let libs = install::kafka_jars()?;
        // A port that was free a moment ago may be taken by the time the broker binds it: try another pair then.
        let mut attempt = 1;
        loop {
            match Self::start_once(file, lifetime, &libs) {
                Err(error) if attempt < 3 && error.to_string().contains("Address already in use") => {
                    attempt += 1;
                    if let Some(failed) = Self::read(file)? {
                        failed.destroy()?;
                    }
                }
                result => return result,
            }
        }
    }

    fn start_once(file: &Path, lifetime: Lifetime, libs: &Path) -> Result<Self> {
        let ports = free_ports()?;
        let dir = fresh_folder()?;
        fs::write(dir.join("server.properties"), server_properties(ports, &dir))?;
        fs::write(dir.join("log4j2.properties"), LOG4J)?;
        // The jars' place is kept so that a suspended broker starts again with the same ones.
        fs::write(dir.join("libs"), libs.display().to_string())?;
        make_certificate(&dir)?;
        format_storage(libs, &dir)?;
        let owner = (lifetime == Lifetime::Guarded).then(std::process::id);
        let [address, sasl_address, tls_address, _] = ports.map(|port| format!("127.0.0.1:{port}"));
        let mut broker = Self { file: file.to_owned(), pid: 0, owner, address, sasl_address, tls_address, dir };
        broker.launch()?;
        Ok(broker)
    }

    /// Starts the process over the prepared folder and waits until it answers.
    fn launch(&mut self) -> Result<()> {
        let libs = PathBuf::from(fs::read_to_string(self.dir.join("libs"))?);
        let log = fs::File::options().create(true).append(true).open(self.dir.join("server.log"))?;
        let mut command = java(&libs, &self.dir);
        command.arg("kafka.Kafka").arg(self.dir.join("server.properties"));
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        if self.owner.is_none() {
            command.process_group(0);
        }
        let mut child = command.spawn().context("cannot start java")?;
        self.pid = child.id();
        self.write()?;
        let ready = self.wait_until_ready(&mut child);
        if ready.is_err() {
            let _ = child.kill();
        }
        // Reaps the process whenever it ends, so that it never lingers as a zombie of this one.
        std::thread::spawn(move || child.wait());
        ready
    }

    fn wait_until_ready(&self, child: &mut Child) -> Result<()> {
        let deadline = Instant::now() + READY_WITHIN;
        while !answers(&self.address) {
            if let Some(status) = child.try_wait()? {
                bail!("Kafka ended while it started ({status}):\n{}", self.log_tail());
            }
            if Instant::now() > deadline {
                bail!("Kafka does not answer on {} after {} s:\n{}", self.address, READY_WITHIN.as_secs(), self.log_tail());
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Ok(())
    }

    fn log_tail(&self) -> String {
        let log = fs::read(self.dir.join("server.log")).unwrap_or_default();
        let text = String::from_utf8_lossy(&log);
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(30)..].join("\n")
    }

    /// Stops the process and keeps its data and its port.
    pub(super) fn suspend(&self) -> Result<()> {
        process::stop(self.pid, &self.mark(), STOP_WITHIN)
    }

    /// Starts a suspended broker again, on the same port, with the same data.
    pub(super) fn resume(mut self) -> Result<()> {
        if answers(&self.address) {
            return Ok(());
        }
        self.suspend()?;
        self.launch()
    }

    /// Stops the process, removes its data and its record.
    pub(super) fn destroy(&self) -> Result<()> {
        self.suspend()?;
        for gone in [fs::remove_dir_all(&self.dir), fs::remove_file(&self.file)] {
            match gone {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
                _ => {}
            }
        }
        Ok(())
    }

    fn mark(&self) -> String {
        self.dir.display().to_string()
    }
}

/// Whether a Kafka broker answers an ApiVersions request at `host:port` within two seconds.
pub(super) fn answers(address: &str) -> bool {
    probe(address).is_some()
}

fn probe(address: &str) -> Option<()> {
    let timeout = Duration::from_secs(2);
    let mut stream = TcpStream::connect_timeout(&address.to_socket_addrs().ok()?.next()?, timeout).ok()?;
    stream.set_read_timeout(Some(timeout)).ok()?;
    // Size 10, ApiVersions (key 18) version 0, correlation id 1, no client id.
    stream.write_all(&[0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 1, 0xff, 0xff]).ok()?;
    // Size, correlation id, error code.
    let mut answer = [0; 10];
    stream.read_exact(&mut answer).ok()?;
    (answer[4..] == [0, 0, 0, 1, 0, 0]).then_some(())
}

fn java(libs: &Path, dir: &Path) -> Command {
    let mut command = Command::new(install::java());
    // Small and quick to start: a broker for tests shares the machine with them.
    command.args(["-Xmx512m", "-Xms128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]);
    command.arg(format!("-Dlog4j2.configurationFile={}", dir.join("log4j2.properties").display()));
    command.arg("-cp").arg(libs.join("*")).current_dir(dir);
    command
}

fn format_storage(libs: &Path, dir: &Path) -> Result<()> {
    let out = java(libs, dir)
        .args(["kafka.tools.StorageTool", "format", "--standalone", "-t", CLUSTER_ID, "-c"])
        .arg(dir.join("server.properties"))
        .stdin(Stdio::null())
        .output()
        .context("cannot start java")?;
    if !out.status.success() {
        let text = String::from_utf8_lossy(&out.stdout).into_owned() + &String::from_utf8_lossy(&out.stderr);
        bail!("Kafka's storage could not be formatted:\n{text}");
    }
    Ok(())
}

/// The key of the broker with its certificate, and the certificate alone, for clients.
const KEYSTORE: &str = "broker.p12";
const CERTIFICATE: &str = "broker.pem";

/// Guards nothing: the key lives as long as the broker, in a folder of its own.
const KEYSTORE_PASSWORD: &str = "keystore";

/// A certificate for TLS, by the tool that every Java has.
fn make_certificate(dir: &Path) -> Result<()> {
    let keytool = install::java().with_file_name("keytool");
    let common = ["-alias", "broker", "-storetype", "PKCS12", "-keystore", KEYSTORE, "-storepass", KEYSTORE_PASSWORD];
    let make =
        ["-genkeypair", "-keyalg", "EC", "-dname", "CN=broker", "-ext", "san=ip:127.0.0.1,dns:localhost", "-validity", "7"];
    for arguments in [&make[..], &["-exportcert", "-rfc", "-file", CERTIFICATE]] {
        let mut command = Command::new(&keytool);
        let out = command.args(arguments).args(common).current_dir(dir).stdin(Stdio::null()).output();
        let out = out.context("cannot start keytool, which is part of Java")?;
        if !out.status.success() {
            let text = String::from_utf8_lossy(&out.stdout).into_owned() + &String::from_utf8_lossy(&out.stderr);
            bail!("Kafka's certificate could not be made:\n{text}");
        }
    }
    Ok(())
}

/// For clients, for clients with a password, for clients by TLS, for the controller.
fn free_ports() -> Result<[u16; 4]> {
    // All held at once, so that they differ.
    let held = [(); 4].map(|()| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)));
    let mut ports = [0; 4];
    for (port, listener) in ports.iter_mut().zip(held) {
        *port = listener?.local_addr()?.port();
    }
    Ok(ports)
}

/// A new folder for one broker: `<temp>/eventpact-kafka-<process>-<n>`.
fn fresh_folder() -> Result<PathBuf> {
    for n in 0..1000 {
        let dir = std::env::temp_dir().join(format!("eventpact-kafka-{}-{n}", std::process::id()));
        match fs::create_dir(&dir) {
            Ok(()) => return Ok(dir),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error).with_context(|| format!("cannot make {}", dir.display())),
        }
    }
    bail!("{} is full of folders eventpact-kafka-*: delete them", std::env::temp_dir().display())
}

/// Whom the broker knows at its other address, as `name` and `password`.
const SASL_USER: (&str, &str) = ("registry", "canary-of-the-broker");

fn server_properties([port, sasl_port, tls_port, controller_port]: [u16; 4], dir: &Path) -> String {
    let (user, password) = SASL_USER;
    format!(
        "process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=127.0.0.1:{controller_port}
listeners=PLAINTEXT://127.0.0.1:{port},NAMED://127.0.0.1:{sasl_port},TLS://127.0.0.1:{tls_port},CONTROLLER://127.0.0.1:{controller_port}
advertised.listeners=PLAINTEXT://127.0.0.1:{port},NAMED://127.0.0.1:{sasl_port},TLS://127.0.0.1:{tls_port},CONTROLLER://127.0.0.1:{controller_port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,NAMED:SASL_PLAINTEXT,TLS:SSL,CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
listener.name.named.sasl.enabled.mechanisms=PLAIN
listener.name.named.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required user_{user}=\"{password}\";
listener.name.tls.ssl.keystore.type=PKCS12
listener.name.tls.ssl.keystore.location={}
listener.name.tls.ssl.keystore.password={KEYSTORE_PASSWORD}
log.dirs={}
num.partitions=3
auto.create.topics.enable=true
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
log.cleaner.dedupe.buffer.size=16777216
",
        dir.join(KEYSTORE).display(),
        dir.join("data").display()
    )
}

const LOG4J: &str = "appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d %p %c - %m%n
rootLogger.level = warn
rootLogger.appenderRef.console.ref = console
";
