use base::Name;
use plan::{ActionId, Node, Verb};

use crate::{Engine, Error, recorded::kept};

impl Engine {
    /// The body of a request with a real row that this service answers; nothing while it serves nothing.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn sample_request(&self, service: &Name, declared: &spec::Service) -> Result<Option<String>, Error> {
        let Some(loaded) = self.settings.catalog.get(service.as_str()) else { return Ok(None) };
        let evaluated = ActionId::new(Verb::Evaluate, &Node::Model(declared.model.clone()));
        let recorded = kept(&self.store, &evaluated)?;
        let real = recorded.and_then(|kept| kept.detail["sample_request"].as_str().map(str::to_owned));
        Ok(Some(real.unwrap_or_else(|| serving::sample_request(&loaded, None))))
    }
}
