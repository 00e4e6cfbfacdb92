//! `kaizen serve MODEL`

use engine::Cancel;
use server::{Service, Settings};
use serving::{Catalog, Loaded, sample_request};

use super::{end_on_signal, runtime};
use crate::{Environment, Failure, arguments::Serve, exit, failure::causes, output::Output, views};

pub(crate) fn run(arguments: &Serve, _environment: &Environment, output: &mut Output) -> Result<u8, Failure> {
    let name = match &arguments.name {
        Some(name) => name.clone(),
        None => {
            let named = arguments.model.canonicalize().ok();
            let stem = named.as_deref().unwrap_or(&arguments.model).file_stem();
            stem.map_or("model".to_owned(), |stem| stem.to_string_lossy().into_owned())
        }
    };
    let name: base::Name = name.parse().map_err(|error: base::NameError| {
        Failure::new(exit::USAGE, format!("{error}; give one with --name"))
    })?;
    let loaded = Loaded::open(name.as_str(), "1", &arguments.model)
        .map_err(|error| Failure::new(exit::FAILED, causes(&error)))?;
    let body = sample_request(&loaded, None);
    let catalog = Catalog::new();
    catalog.set(loaded);
    let settings = Settings { listen: arguments.listen.clone(), ..Settings::default() };
    let runtime = runtime()?;
    runtime.block_on(async {
        let service = Service::bind(settings, catalog)?.report_to(super::report());
        let base = format!("http://{}/v2/models/{name}", service.address());
        let value = serde_json::json!({ "url": base, "request": body });
        output.result(&value, |_| format!("serving {base}\n{}", views::endpoint::curl(&base, &body)));
        let cancel = Cancel::default();
        tokio::spawn(end_on_signal(cancel.clone()));
        service.run(async move { cancel.cancelled().await }).await?;
        Ok(exit::DONE)
    })
}
