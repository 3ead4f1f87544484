//! `buzzwall person`.

use std::io::IsTerminal as _;

use clap::{Args, Subcommand};

use super::reach::{self, Reach};
use super::{Common, Failure, print};
use crate::clock::SharedClock;
use crate::config::{Arguments, Config};
use crate::control::{PersonOrder, person};
use crate::data::DataFolder;
use crate::people::{People, Role};

#[derive(Debug, Subcommand)]
pub(super) enum PersonCommand {
    /// Adds somebody who may sign in; asks for their password.
    Add(Add),
    /// Lists everybody.
    List(List),
    /// Sets somebody's password; their open sessions end.
    Password(Password),
    /// Prints a link that signs somebody in, once, within 15 minutes.
    Link(Named),
    /// Removes somebody; their sessions end.
    Remove(Named),
}

#[derive(Debug, Args)]
pub(super) struct Add {
    #[command(flatten)]
    common: Common,
    /// Their name.
    name: String,
    /// What they may do: admin, moderator, rapporteur or organiser.
    #[arg(long)]
    role: Role,
    /// Read the password from standard input.
    #[arg(long = "password-stdin")]
    from_stdin: bool,
}

#[derive(Debug, Args)]
pub(super) struct List {
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
pub(super) struct Password {
    #[command(flatten)]
    common: Common,
    /// Their name.
    name: String,
    /// Read the password from standard input.
    #[arg(long = "password-stdin")]
    from_stdin: bool,
}

#[derive(Debug, Args)]
pub(super) struct Named {
    #[command(flatten)]
    common: Common,
    /// Their name.
    name: String,
}

impl PersonCommand {
    pub(super) fn common(&self) -> &Common {
        match self {
            Self::Add(command) => &command.common,
            Self::List(command) => &command.common,
            Self::Password(command) => &command.common,
            Self::Link(command) | Self::Remove(command) => &command.common,
        }
    }

    pub(super) async fn run(self, clock: SharedClock) -> Result<(), Failure> {
        let config = self.common().load(Arguments::default())?;
        let data = DataFolder::new(&config.server.data);
        let order = match self {
            Self::Add(Add {
                name,
                role,
                from_stdin,
                ..
            }) => PersonOrder::Add {
                password: ask_password(&name, from_stdin)?,
                name,
                role,
            },
            Self::List(_) => PersonOrder::List,
            Self::Password(Password {
                name, from_stdin, ..
            }) => PersonOrder::Password {
                password: ask_password(&name, from_stdin)?,
                name,
            },
            Self::Link(Named { name, .. }) => PersonOrder::Link { name },
            Self::Remove(Named { name, .. }) => PersonOrder::Remove { name },
        };
        let answer = match reach::reach(&data).await? {
            Reach::Alone(_claim) => {
                let people = People::open(data.path()).map_err(|error| Failure::job(&error))?;
                person(&people, order, clock.now()).map_err(|error| Failure::job(&error))?
            }
            Reach::Service(client) => {
                let answer = client
                    .post("http://buzzwall/person")
                    .json(&order)
                    .send()
                    .await
                    .map_err(|error| {
                        Failure::Job(format!("the service does not answer: {error}"))
                    })?;
                if !answer.status().is_success() {
                    return Err(reach::problem(answer).await);
                }
                answer.json().await.map_err(|error| Failure::job(&error))?
            }
        };
        print(&told(&answer, &config))
    }
}

fn told(answer: &serde_json::Value, config: &Config) -> String {
    if let Some(token) = answer["token"].as_str() {
        // A service that runs knows best where it answers.
        let base = match (answer["base"].as_str(), &config.server.public_url) {
            (Some(base), _) => base.to_owned(),
            (None, Some(url)) => url.as_str().trim_end_matches('/').to_owned(),
            (None, None) => format!("http://{}", config.server.listen),
        };
        return format!("{base}/sign-in#{token}\n");
    }
    if let Some(people) = answer["people"].as_array() {
        let text = |person: &serde_json::Value, key: &str| {
            person[key].as_str().unwrap_or_default().to_owned()
        };
        let lines = people
            .iter()
            .map(|person| format!("{:<12}{}\n", text(person, "role"), text(person, "name")));
        return lines.collect::<Vec<_>>().concat();
    }
    format!("{}\n", answer["done"].as_str().unwrap_or("done"))
}

fn ask_password(name: &str, from_stdin: bool) -> Result<String, Failure> {
    let failed =
        |error: std::io::Error| Failure::Job(format!("the password cannot be read: {error}"));
    if from_stdin {
        let mut line = String::new();
        std::io::stdin().read_line(&mut line).map_err(failed)?;
        return Ok(line.trim_end_matches(['\r', '\n']).to_owned());
    }
    if !std::io::stdin().is_terminal() {
        return Err(Failure::Usage(
            "there is no terminal to ask for the password; use --password-stdin".to_owned(),
        ));
    }
    let first = rpassword::prompt_password(format!("Password for {name}: ")).map_err(failed)?;
    let again = rpassword::prompt_password("Again: ").map_err(failed)?;
    if first != again {
        return Err(Failure::Job(
            "the two passwords differ; nothing was changed".to_owned(),
        ));
    }
    Ok(first)
}
