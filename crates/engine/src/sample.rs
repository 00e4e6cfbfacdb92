use base::Name;

use plan::{ActionId, Decision, Node, Status, Verb};

use crate::{
    Engine, Error, Project,
    recorded::{challenger, kept},
};

impl Engine {
    /// The models whose latest candidate the gate held or rejected, and nobody promoted since.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn not_promoted(&self, project: &Project) -> Result<Vec<Name>, Error> {
        let mut held = Vec::new();
        for name in project.spec.models.keys() {
            let gate = kept(&self.store, &ActionId::new(Verb::Gate, &Node::Model(name.clone())))?;
            let status = gate.map(|kept| kept.record.status);
            let refused = matches!(
                status,
                Some(Status::Done { decision: Some(Decision::Hold | Decision::Reject), .. })
            );
            if refused && self.store.aliases(name)?.contains_key(&challenger()) {
                held.push(name.clone());
            }
        }
        Ok(held)
    }

    /// The body of a request with a real row that this service answers; nothing while it serves nothing.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn sample_request(&self, service: &Name) -> Result<Option<String>, Error> {
        let Some(loaded) = self.settings.catalog.get(service.as_str()) else { return Ok(None) };
        let services = self.store.services()?;
        let Some(assignment) = services.get(service) else { return Ok(None) };
        let version = self.store.version(&assignment.model, assignment.version)?;
        let real = version.lineage["sample_request"].as_str().map(str::to_owned);
        Ok(Some(real.unwrap_or_else(|| serving::sample_request(&loaded, None))))
    }
}
