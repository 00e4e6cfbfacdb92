//! Requests that are what a route wants, but for some of their fields.

use base::Random;

use super::{
    super::client::Request,
    odd,
    routes::Route,
    world::{Kind, World},
};

/// Makes up requests.
pub(super) struct Author<'a> {
    pub(super) random: &'a mut Random,
    pub(super) world: &'a World,
}

impl Author<'_> {
    pub(super) fn request(&mut self, route: &Route) -> Request {
        let (method, path) = route.line.split_once(' ').unwrap();
        let method = if self.chance(4) { self.one(&METHODS) } else { method };
        let reads = matches!(method, "GET" | "HEAD") || path.ends_with("/search");
        let (path, fields) = (self.path(path, reads), self.fields(route.fields, reads));
        let mut request = Request::new(method, &path, "");
        if path.contains("/artifacts/") && method == "PUT" || path.contains("/mpu/parts") {
            request.body = odd::bytes(self.random);
        } else if matches!(method, "GET" | "HEAD") || path.contains("upload-artifact") {
            request.target = self.with_query(&path, &fields);
            request.body = if method == "GET" { Vec::new() } else { odd::bytes(self.random) };
        } else {
            request.body = self.body(&fields);
        }
        self.spoil_headers(&mut request);
        request
    }

    fn spoil_headers(&mut self, request: &mut Request) {
        const KINDS: [&str; 5] =
            ["text/plain", "application/json; charset=latin1", "", "multipart/form-data", "APPLICATION/JSON"];
        if self.chance(4) {
            request.headers[0].1 = self.one(&KINDS).to_owned();
        }
        if self.chance(2) {
            request.headers.clear();
        }
        while self.chance(6) {
            request.headers.push(odd::header(self.random));
        }
    }

    /// The route's path with something in the places that stand for something.
    fn path(&mut self, path: &str, reads: bool) -> String {
        let model = self.world.any(Kind::Model, reads, self.random);
        let trace = self.world.any(Kind::Trace, reads, self.random);
        let mut path = path.replace("m-1", &model).replace("tr-1", &trace);
        if let Some(start) = path.strip_suffix("1/a") {
            let artifact = self.world.any(Kind::Path, reads, self.random);
            path = format!("{start}{artifact}");
        }
        // Below the routes, never above them.
        if self.chance(15) && path.len() > 30 {
            let (start, last) = path.rsplit_once('/').unwrap();
            let part = odd::part(self.random);
            path = match self.random.below(3) {
                0 => format!("{start}/{part}"),
                1 => format!("{start}/{last}/{part}"),
                _ => format!("{start}/{part}/{last}"),
            };
        }
        path
    }

    /// Names with JSON.
    fn fields(&mut self, fields: &'static str, reads: bool) -> Vec<(String, String)> {
        let mut made = Vec::new();
        for field in fields.split_whitespace() {
            let (name, kind) = field.split_once('=').unwrap_or((field, field));
            let times = if self.chance(5) { self.random.below(3) } else { 1 };
            for _ in 0..times {
                made.push((name.to_owned(), self.value(kind, reads)));
            }
        }
        if self.chance(3) {
            made.push(("nobody_knows_this".to_owned(), odd::json(self.random)));
        }
        made
    }

    fn value(&mut self, kind: &str, reads: bool) -> String {
        if self.chance(12) {
            return odd::json(self.random);
        }
        match kind {
            "pairs" => self.objects(3, &["key", "value=text"], reads),
            "metrics" => self.objects(
                4,
                &[
                    "key",
                    "value=number",
                    "timestamp=number",
                    "step=number",
                    "model_id=model",
                    "dataset_name=text",
                ],
                reads,
            ),
            "models" => self.objects(2, &["model_id=model", "step=number"], reads),
            "parts" => self.objects(2, &["part_number=size", "etag=text"], reads),
            "datasets" => self.objects(2, &["tags=pairs", "dataset"], reads),
            "dataset" => {
                let names = [
                    "name=text",
                    "digest=text",
                    "source_type=text",
                    "source=text",
                    "schema=text",
                    "profile=text",
                ];
                self.object(&names, reads)
            }
            "dataset_filters" => self.objects(2, &["dataset_name=text", "dataset_digest=text"], reads),
            "model_orders" => {
                self.objects(2, &["field_name=order", "ascending=flag", "dataset_name=text"], reads)
            }
            "trace" => format!("{{\"trace_info\":{}}}", self.value("trace_info", reads)),
            "trace_info" => {
                self.object(&["trace_id=fresh", "trace_location", "tags=trace_tags", "state=text"], reads)
            }
            "trace_location" => {
                let of = self.object(&["experiment_id=experiment"], reads);
                format!("{{\"type\":\"MLFLOW_EXPERIMENT\",\"mlflow_experiment\":{of}}}")
            }
            "trace_tags" => self.object(&["a=text", "b=text"], reads),
            "model_json" => {
                quoted(&self.object(&["artifact_path=path", "flavors=trace_tags", "run_id=run"], reads))
            }
            _ => self.simple(kind, reads),
        }
    }

    fn simple(&mut self, kind: &str, reads: bool) -> String {
        let any = |kind, random: &mut Random| self.world.any(kind, reads, random);
        match kind {
            "experiment" => quoted(&any(Kind::Experiment, self.random)),
            "experiments" => format!("[{}]", quoted(&any(Kind::Experiment, self.random))),
            "run" => quoted(&any(Kind::Run, self.random)),
            "runs" => {
                let (first, second) = (any(Kind::Run, self.random), any(Kind::Run, self.random));
                format!("[{},{}]", quoted(&first), quoted(&second))
            }
            "model" => quoted(&any(Kind::Model, self.random)),
            "registered" => quoted(&any(Kind::Registered, self.random)),
            "page_token" => {
                let token = any(Kind::Token, self.random);
                quoted(&self.spoiled(token))
            }
            "path" => quoted(&any(Kind::Path, self.random)),
            "upload" => quoted(&any(Kind::Upload, self.random)),
            "fresh" => format!("\"made {}\"", self.random.below(100_000)),
            "stages" => format!("[{}]", self.simple("stage", reads)),
            "orders" => format!("[{}]", self.simple("order", reads)),
            "filter" => {
                let filter = self.one(&FILTERS).to_owned();
                quoted(&self.spoiled(filter))
            }
            "order" => {
                let order = self.one(&ORDERS).to_owned();
                quoted(&self.spoiled(order))
            }
            other => self.one(words(other)).to_owned(),
        }
    }

    fn objects(&mut self, most: usize, fields: &[&'static str], reads: bool) -> String {
        let count = self.random.below(most + 1);
        let objects: Vec<_> = (0..count).map(|_| self.object(fields, reads)).collect();
        format!("[{}]", objects.join(","))
    }

    fn object(&mut self, fields: &[&'static str], reads: bool) -> String {
        let mut made = Vec::new();
        for field in fields {
            for (name, value) in self.fields(field, reads) {
                made.push(format!("{}:{value}", quoted(&name)));
            }
        }
        format!("{{{}}}", made.join(","))
    }

    fn body(&mut self, fields: &[(String, String)]) -> Vec<u8> {
        let members: Vec<_> =
            fields.iter().map(|(name, value)| format!("{}:{value}", quoted(name))).collect();
        let text = format!("{{{}}}", members.join(","));
        match self.random.below(60) {
            0 => odd::bytes(self.random),
            1 => odd::json(self.random).into_bytes(),
            2 => quoted(&text).into_bytes(),
            3 => text.as_bytes()[..self.random.below(text.len())].to_vec(),
            4 => format!("\u{feff}{text}").into_bytes(),
            5 => format!("{text}{text}").into_bytes(),
            6 => {
                let mut bytes = text.into_bytes();
                let at = self.random.below(bytes.len());
                bytes[at] = self.random.bits() as u8;
                bytes
            }
            _ => text.into_bytes(),
        }
    }

    fn with_query(&mut self, path: &str, fields: &[(String, String)]) -> String {
        let mut query = Vec::new();
        for (name, value) in fields {
            match serde_json::from_str(value) {
                Ok(serde_json::Value::String(text)) => query.push(format!("{name}={}", encoded(&text))),
                Ok(serde_json::Value::Array(values)) if values.iter().all(serde_json::Value::is_string) => {
                    query.extend(
                        values.iter().map(|text| format!("{name}={}", encoded(text.as_str().unwrap()))),
                    );
                }
                _ => query.push(format!("{name}={}", encoded(value))),
            }
        }
        if self.chance(5) {
            query.push(
                self.one(&["%ff=%fe", "%", "&&==&", "%zz", "a", "=", "run_id=%00", "+", "?"]).to_owned(),
            );
        }
        // The longest target that the server's HTTP reads.
        let query: String = query.join("&").chars().take(60_000).collect();
        format!("{path}?{query}")
    }

    /// The text, sometimes with a character too many, too few, or another.
    fn spoiled(&mut self, text: String) -> String {
        if !self.chance(25) {
            return text;
        }
        let mut letters: Vec<char> = text.chars().collect();
        let letter = *['a', '\'', '"', '`', '(', ')', '.', ' ', '%', '\0', '9', '=', '\u{e9}', '<', ',']
            .get(self.random.below(15))
            .unwrap();
        let at = self.random.below(letters.len() + 1);
        match self.random.below(3) {
            0 => letters.insert(at, letter),
            1 => letters.truncate(at),
            _ if at < letters.len() => letters[at] = letter,
            _ => {}
        }
        letters.into_iter().collect()
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.random.below(100) < percent
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.random.below(of.len())]
    }
}

const METHODS: [&str; 9] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "BREW"];

const FILTERS: [&str; 17] = [
    "",
    "metrics.m > 1",
    "metrics.m >= 0.5 AND params.p = 'x'",
    "params.p LIKE '%x%' and tags.t ILIKE 'A_'",
    "tags.t != 'a' AND attributes.status = 'RUNNING'",
    "attributes.run_id IN ('a', 'b')",
    "attributes.start_time > 0 and run_name = 'kept'",
    "dataset.name = 'd' AND dataset.context LIKE 'tr%'",
    "params.`odd key` IS NOT NULL",
    "name LIKE '%e%'",
    "name = 'kept'",
    "tags.t IS NULL",
    "run_id IN ('a')",
    "version_number > 0",
    "creation_time > 1",
    "model_type = 'x' AND metrics.m < 1e308",
    "metrics.\"m\" = 1e400",
];

const ORDERS: [&str; 10] = [
    "metrics.m DESC",
    "params.p",
    "tags.`t` ASC",
    "attributes.start_time desc",
    "name",
    "last_updated_timestamp",
    "creation_timestamp ASC",
    "version_number DESC",
    "start_time",
    "metrics.m",
];

/// JSON of a kind that needs nothing from the world.
fn words(kind: &str) -> &'static [&'static str] {
    match kind {
        "text" => &["\"a\"", "\"\"", "\"text\"", "\"\u{e4}\u{1f40c}\"", "\"a b\"", "\"<b>&amp;\""],
        "key" => &["\"m\"", "\"p\"", "\"t\"", "\"a/b\"", "\"odd key\"", "\"mlflow.runName\"", "\"a\""],
        "number" => &["0", "1", "1.5", "\"7\"", "1700000000000", "-5", "\"NaN\"", "1e3"],
        "size" => &["1", "2", "100", "\"5\"", "1000", "3"],
        "view" => &["\"ACTIVE_ONLY\"", "\"DELETED_ONLY\"", "\"ALL\"", "1", "\"none\""],
        "status" => &["\"FINISHED\"", "\"RUNNING\"", "\"FAILED\"", "3", "\"DONE\""],
        "model_status" => &["\"LOGGED_MODEL_READY\"", "\"LOGGED_MODEL_UPLOAD_FAILED\"", "2", "9"],
        "flag" => &["true", "false", "\"true\"", "\"yes\"", "1"],
        "version" => &["\"1\"", "\"2\"", "1", "\"0\"", "\"-1\"", "\"01\"", "\"99999999999999999999\""],
        "alias" => &["\"best\"", "\"latest\"", "\"v1\"", "\"a b\"", "\"other\""],
        "stage" => &["\"Staging\"", "\"production\"", "\"None\"", "\"Archived\"", "\"Best\""],
        "uri" => &[
            "\"mlflow-artifacts:/1/a\"",
            "\"file:///tmp\"",
            "\"s3://bucket/a\"",
            "\"/etc\"",
            "\"models:/m-1\"",
            "\"runs:/a/b\"",
            "\"relative\"",
            "\"http://127.0.0.1:1/\"",
            "\"mlflow-artifacts:/../..\"",
            "\"\"",
        ],
        other => panic!("{other} is no kind of field"),
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// As a query has it.
fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}
