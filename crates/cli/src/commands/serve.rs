//! `kaizen serve MODEL`

use std::path::Path;

use base::{Name, causes};
use engine::Cancel;
use server::{Service, Settings};
use serving::{Catalog, Loaded, sample_request};

use super::{end_on_signal, guarded, wait_for};
use crate::{
    Environment, Failure,
    arguments::Serve,
    exit,
    output::{Output, line},
    views,
};

pub(crate) fn run(
    arguments: &Serve,
    project: Option<&Path>,
    environment: &Environment,
    output: &mut Output,
) -> Result<u8, Failure> {
    let name = match &arguments.name {
        Some(name) => {
            name.parse().map_err(|error: base::NameError| Failure::new(exit::USAGE, error.to_string()))?
        }
        None => default_name(&arguments.model),
    };
    let loaded = Loaded::open(name.as_str(), "1", &arguments.model).map_err(|error| {
        Failure::new(exit::FAILED, format!("serve {}: {}", arguments.model.display(), causes(&error)))
    })?;
    let body = sample_request(&loaded, None);
    let catalog = Catalog::new();
    catalog.set(loaded);
    let settings = Settings { listen: arguments.listen.clone(), ..Settings::default() };
    let access = guarded::access(&guarded::directory(None, project)?, environment)?;
    wait_for(async {
        let service = Service::bind_guarded(settings, catalog, access)?.report_to(super::report());
        let base = format!("http://{}/v2/models/{name}", service.address());
        if output.json {
            line(&serde_json::json!({ "event": "serving", "service": name, "url": base, "request": body }));
        } else {
            output.text(&format!("serving {base}\n{}", views::endpoint::curl(&base, &body)));
        }
        let cancel = Cancel::default();
        tokio::spawn(end_on_signal(cancel.clone()));
        service.run(async move { cancel.cancelled().await }).await?;
        Ok(exit::DONE)
    })
}

/// The name of the file or directory, or of the nearest directory above that can be a name:
/// `late` for `late.onnx` and for `models/late/1`.
fn default_name(model: &Path) -> Name {
    let whole = model.canonicalize().unwrap_or_else(|_| model.to_owned());
    let stem = |path: &Path| path.file_stem()?.to_str()?.parse().ok();
    let named = whole.ancestors().take(2).find_map(stem);
    named.unwrap_or_else(|| "model".parse().expect("a plain word is a name"))
}
