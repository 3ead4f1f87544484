//! `buzzwall serve`.

use std::fmt::Write as _;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use clap::Args;
use qrcode::QrCode;
use qrcode::render::unicode::Dense1x2;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::{Common, Failure, print};
use crate::app::{self, App};
use crate::clock::SharedClock;
use crate::config::{Arguments, Config, parse_listen};
use crate::http::door::Certificate;
use crate::report::plain;

/// Why a write into a string is not checked.
const INTO_STRING: &str = "a string takes all that is written";

#[derive(Debug, Args)]
pub(super) struct Serve {
    #[command(flatten)]
    pub(super) common: Common,
    /// Address and port to listen on [default: 127.0.0.1:8080].
    #[arg(long, value_name = "ADDR", value_parser = parse_listen)]
    listen: Option<SocketAddr>,
    /// A hashtag: with --feed it makes a wall without a file.
    #[arg(long, value_name = "TAG")]
    hashtag: Vec<String>,
    /// A source of posts, such as mastodon=https://mastodon.social, replay=FILE or demo.
    #[arg(long, value_name = "KIND=TARGET")]
    feed: Vec<String>,
}

impl Serve {
    pub(super) async fn run(self, clock: SharedClock) -> Result<(), Failure> {
        let arguments = Arguments {
            listen: self.listen,
            hashtags: self.hashtag,
            feeds: self.feed,
            ..Arguments::default()
        };
        let config = self.common.load(arguments)?;
        let certificate = certificate(&config)?;
        // The port first: whoever runs a second one by mistake reads about it before anything is opened.
        let listener = TcpListener::bind(config.server.listen).await.map_err(|error| {
            Failure::Job(format!(
                "cannot listen on {}: {error}; stop what uses it, or choose another one with --listen",
                config.server.listen
            ))
        })?;
        let address = listener
            .local_addr()
            .map_err(|error| Failure::job(&error))?;
        let mut seed = [0; 8];
        getrandom::fill(&mut seed).map_err(|error| Failure::job(&error))?;
        let seed = u64::from_ne_bytes(seed);
        let bases = bases(&config, address);
        let base = bases.first().cloned().unwrap_or_default();
        let app = App::open(&config, base, clock.clone(), seed)
            .await
            .map_err(|error| Failure::job(&error))?;
        let shutdown = CancellationToken::new();
        stop_on_signal(shutdown.clone())?;
        print(&greeting(&app, &config, &bases, address, &clock)?)?;
        app.run(listener, certificate, shutdown)
            .await
            .map_err(|error| Failure::job(&error))
    }
}

/// The certificate that the configuration names.
pub(super) fn certificate(config: &Config) -> Result<Option<Arc<Certificate>>, Failure> {
    let opened = (config.server.tls.as_ref())
        .map(|tls| Certificate::open(tls, &config.folder).map(Arc::new))
        .transpose();
    opened.map_err(|error| Failure::Usage(error.to_string()))
}

/// Cancels the token at the first SIGTERM or SIGINT.
#[expect(
    clippy::disallowed_methods,
    reason = "it watches for the end of the process and ends with it"
)]
fn stop_on_signal(shutdown: CancellationToken) -> Result<(), Failure> {
    use tokio::signal::unix::{SignalKind, signal};
    let failed =
        |error: std::io::Error| Failure::Job(format!("signals cannot be watched: {error}"));
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        shutdown.cancel();
    });
    Ok(())
}

/// The addresses at which the service answers, the one to give to others first.
fn bases(config: &Config, address: SocketAddr) -> Vec<String> {
    let mut bases = Vec::new();
    if let Some(url) = &config.server.public_url {
        bases.push(url.as_str().trim_end_matches('/').to_owned());
    }
    let port = address.port();
    let scheme = if config.server.tls.is_some() {
        "https"
    } else {
        "http"
    };
    let http = |ip: IpAddr| format!("{scheme}://{}", SocketAddr::new(ip, port));
    if address.ip().is_unspecified() {
        let found = if_addrs::get_if_addrs().unwrap_or_default();
        let lan = found
            .iter()
            .map(if_addrs::Interface::ip)
            .filter(|ip| !ip.is_loopback() && ip.is_ipv4());
        bases.extend(lan.map(http));
        bases.push(http(IpAddr::from([127, 0, 0, 1])));
    } else {
        bases.push(http(address.ip()));
    }
    bases
}

fn greeting(
    app: &App,
    config: &Config,
    bases: &[String],
    address: SocketAddr,
    clock: &SharedClock,
) -> Result<String, Failure> {
    let base = &app.service().base;
    let mut out = String::new();
    writeln!(out, "buzzwall {} is running", env!("CARGO_PKG_VERSION")).expect(INTO_STRING);
    for (id, wall) in app.walls() {
        let title = plain(&wall.title);
        writeln!(
            out,
            "\n  {title}\n  wall     {base}/w/{id}\n  console  {base}/console/{id}\n  report   {base}/report/{id}"
        )
        .expect(INTO_STRING);
        if id == app::DEMO_WALL && config.walls.is_empty() {
            let real = format!("sign in, then open {base}/setup");
            writeln!(out, "  Its posts are invented. Your own wall: {real}").expect(INTO_STRING);
        } else if !wall.is_read {
            let how = "--hashtag and --feed at every start, or [[walls.feeds]] in buzzwall.toml";
            writeln!(out, "  Nothing is read for it: name its feeds by {how}").expect(INTO_STRING);
        }
    }
    if bases.len() > 1 {
        writeln!(out, "\n  Also at {}", bases[1..].join(", ")).expect(INTO_STRING);
    }
    let people = &app.service().people;
    if !people.has_admin().map_err(|error| Failure::job(&error))? {
        let token = people
            .bootstrap_link(clock.now())
            .map_err(|error| Failure::job(&error))?;
        let link = format!("{base}/sign-in#{}", token.as_str());
        writeln!(out, "\n  Sign in (once, within 15 minutes)\n  {link}").expect(INTO_STRING);
        writeln!(out, "  Later: buzzwall person add NAME --role admin").expect(INTO_STRING);
        if !address.ip().is_loopback()
            && let Ok(code) = QrCode::new(&link)
        {
            let drawn = code.render::<Dense1x2>().quiet_zone(true).build();
            writeln!(out, "\n{drawn}").expect(INTO_STRING);
        }
    }
    out.push('\n');
    Ok(out)
}
