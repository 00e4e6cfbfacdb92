//! What a run read and what it made.

use tracking::{
    Error,
    experiments::Pair,
    runs::{Dataset, DatasetInput, ModelOutput},
};

use crate::mlflow::{
    answer::{Answer, Answered},
    request::{Call, Fields, missing},
};

pub(super) async fn log_inputs(call: Call) -> Answered {
    let fields = &call.fields;
    let run_id = fields.run_id()?;
    let datasets = fields.objects("datasets")?.iter().map(dataset).collect::<Result<_, Error>>()?;
    let model = |fields: &Fields| Ok(fields.required_text("model_id")?.to_owned());
    let models = fields.objects("models")?.iter().map(model).collect::<Result<_, Error>>()?;
    call.tracking.log_inputs(run_id, datasets, models).await?;
    Answer::done()
}

fn dataset(fields: &Fields) -> Result<DatasetInput, Error> {
    let of = fields.object("dataset")?.ok_or_else(|| Error::invalid("Dataset cannot be None"))?;
    let text = |name: &str| Ok::<_, Error>(of.text(name)?.map(str::to_owned));
    let needed = |name: &str| Ok::<_, Error>(text(name)?.unwrap_or_default());
    let dataset = Dataset {
        name: needed("name")?,
        digest: needed("digest")?,
        source_type: needed("source_type")?,
        source: needed("source")?,
        schema: text("schema")?,
        profile: text("profile")?,
    };
    let tags = fields.objects("tags")?;
    let tag = |tag: &Fields| {
        let text = |name| Ok::<_, Error>(tag.text(name)?.unwrap_or_default().to_owned());
        Ok(Pair { key: text("key")?, value: text("value")? })
    };
    Ok(DatasetInput { tags: tags.iter().map(tag).collect::<Result<_, Error>>()?, dataset })
}

pub(super) async fn log_outputs(call: Call) -> Answered {
    let fields = &call.fields;
    let run_id = fields.run_id()?;
    if fields.get("models").is_none() {
        return Err(missing("models").into());
    }
    let model = |fields: &Fields| {
        let model_id = fields.required_text("model_id")?.to_owned();
        Ok(ModelOutput { model_id, step: fields.integer("step")?.unwrap_or(0) })
    };
    let models = fields.objects("models")?.iter().map(model).collect::<Result<_, Error>>()?;
    call.tracking.log_outputs(run_id, models).await?;
    Answer::done()
}
