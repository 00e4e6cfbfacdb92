use base::Name;
use serving::Loaded;
use store::Store;

use crate::Error;

/// The file of a model directory that answers.
pub(crate) const MODEL_FILE: &str = "model.onnx";

/// The ONNX bytes of a registered version.
pub(crate) fn bytes(store: &Store, model: &Name, version: u64) -> Result<Vec<u8>, Error> {
    let tree = store.tree(&store.version(model, version)?.artifact)?;
    let Some(file) = tree.file(MODEL_FILE) else {
        return Err(Error::Model(format!("load model.{model} version {version}: it has no {MODEL_FILE}")));
    };
    Ok(store.get_bytes(&file.hash)?)
}

/// A registered version, ready to answer under the service's name.
pub(crate) fn load(store: &Store, service: &Name, model: &Name, version: u64) -> Result<Loaded, Error> {
    let bytes = bytes(store, model, version)?;
    Loaded::from_bytes(service.as_str(), &version.to_string(), &bytes).map_err(|error| {
        Error::Model(format!(
            "load model.{model} version {version} for service.{service}: {}",
            base::causes(&error)
        ))
    })
}
