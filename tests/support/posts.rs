//! Posts of our own making, as archives hold them.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::binary::Place;

/// A post of an invented person; `more` has members beside the usual ones, or instead of them.
pub fn post(id: &str, text: &str, more: Value) -> Value {
    let mut post = json!({
        "id": format!("test:{id}"), "source": "test", "text": format!("{text} #expert2019"),
        "author": {"id": "test:ada", "handle": "@ada@example.org", "name": "Ada Example"},
        "created_at": "2019-11-06T09:31:07Z",
    });
    for (key, value) in more.as_object().expect("members") {
        post[key] = value.clone();
    }
    post
}

/// A post by somebody else.
pub fn post_by(name: &str, id: &str, text: &str) -> Value {
    let author = json!({"id": format!("test:{name}"), "handle": format!("@{name}@example.org"), "name": name});
    post(id, text, json!({ "author": author }))
}

/// JSON Lines.
pub fn lines(posts: &[Value]) -> String {
    posts.iter().fold(String::new(), |mut text, post| {
        writeln!(text, "{post}").expect("a string takes all that is written");
        text
    })
}

impl Place {
    /// Brings posts in by `import`; what it said.
    pub async fn bring(&self, wall: &str, posts: &[Value]) -> String {
        let file = tempfile::NamedTempFile::new().expect("a file can be made");
        std::fs::write(file.path(), lines(posts)).expect("a file can be written");
        let path = file.path().to_str().expect("the path is plain");
        self.run(&["import", "--wall", wall, path]).await.done()
    }
}

/// The folder of recorded data, where it is at hand.
pub fn recorded_folder(name: &str) -> Option<PathBuf> {
    let data = std::env::var_os("BUZZWALL_DATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data"),
        PathBuf::from,
    );
    let folder = data.join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: no recorded data at {}", folder.display());
    None
}
