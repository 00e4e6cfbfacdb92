//! Constants as the format stores them, read into tensors.

use crate::{Element, Elements, Problem, Tensor, proto::TensorProto, tensor};

const EXTERNAL: i32 = 1;
const UINT8: i32 = 2;
const INT8: i32 = 3;

/// The tensor of a constant; its shape and its values must agree.
pub(crate) fn decode(proto: &TensorProto) -> Result<Tensor, Problem> {
    if proto.data_location == EXTERNAL {
        return Err(Problem::Tensor(
            "its values are in another file; save the model with all its values inside".to_owned(),
        ));
    }
    let values = match &proto.raw_data {
        Some(raw) => raw_values(proto.data_type, raw)?,
        None => typed_values(proto)?,
    };
    let mut shape = Vec::with_capacity(proto.dims.len());
    for length in &proto.dims {
        let length = usize::try_from(*length);
        shape.push(length.map_err(|_| Problem::Tensor(format!("its shape {:?} is negative", proto.dims)))?);
    }
    if tensor::allow_shape(&shape, values.element())? != values.len() {
        let found = values.len();
        return Err(Problem::Tensor(format!("its shape is {shape:?} but it holds {found} values")));
    }
    Ok(Tensor { shape, values })
}

fn raw_values(data_type: i32, raw: &[u8]) -> Result<Elements, Problem> {
    Ok(match data_type {
        UINT8 => Elements::Int32(raw.iter().map(|byte| i32::from(*byte)).collect()),
        INT8 => Elements::Int32(raw.iter().map(|byte| i32::from(byte.cast_signed())).collect()),
        _ => match Element::of_code(data_type) {
            Some(Element::Float) => Elements::Float(chunks(raw, f32::from_le_bytes)?),
            Some(Element::Double) => Elements::Double(chunks(raw, f64::from_le_bytes)?),
            Some(Element::Int64) => Elements::Int64(chunks(raw, i64::from_le_bytes)?),
            Some(Element::Int32) => Elements::Int32(chunks(raw, i32::from_le_bytes)?),
            Some(Element::Boolean) => Elements::Boolean(raw.iter().map(|byte| *byte != 0).collect()),
            Some(Element::Text) | None => return Err(unsupported(data_type)),
        },
    })
}

fn chunks<const N: usize, T>(raw: &[u8], read: fn([u8; N]) -> T) -> Result<Vec<T>, Problem> {
    let (whole, rest) = raw.as_chunks::<N>();
    if !rest.is_empty() {
        return Err(Problem::Tensor(format!("its {} bytes end within a value of {N} bytes", raw.len())));
    }
    Ok(whole.iter().map(|bytes| read(*bytes)).collect())
}

fn typed_values(proto: &TensorProto) -> Result<Elements, Problem> {
    Ok(match Element::of_code(proto.data_type) {
        Some(Element::Float) => Elements::Float(proto.float_data.clone()),
        Some(Element::Double) => Elements::Double(proto.double_data.clone()),
        Some(Element::Int64) => Elements::Int64(proto.int64_data.clone()),
        Some(Element::Int32) => Elements::Int32(proto.int32_data.clone()),
        Some(Element::Boolean) => {
            Elements::Boolean(proto.int32_data.iter().map(|value| *value != 0).collect())
        }
        Some(Element::Text) => {
            let texts = proto.string_data.iter().map(|bytes| String::from_utf8(bytes.clone()));
            let texts: Result<_, _> = texts.collect();
            Elements::Text(texts.map_err(|_| Problem::Tensor("its texts are not UTF-8".to_owned()))?)
        }
        None if matches!(proto.data_type, UINT8 | INT8) => Elements::Int32(proto.int32_data.clone()),
        None => return Err(unsupported(proto.data_type)),
    })
}

fn unsupported(data_type: i32) -> Problem {
    Problem::Tensor(format!(
        "values of type {data_type} are not supported; use float, double, int64, int32, bool or string"
    ))
}

/// The constant as the format stores it.
pub(crate) fn encode(name: &str, tensor: &Tensor) -> TensorProto {
    let mut proto = TensorProto {
        name: name.to_owned(),
        data_type: tensor.element().code(),
        dims: tensor.shape.iter().map(|length| *length as i64).collect(),
        ..TensorProto::default()
    };
    match &tensor.values {
        Elements::Float(values) => proto.float_data.clone_from(values),
        Elements::Double(values) => proto.double_data.clone_from(values),
        Elements::Int64(values) => proto.int64_data.clone_from(values),
        Elements::Int32(values) => proto.int32_data.clone_from(values),
        Elements::Boolean(values) => {
            proto.int32_data = values.iter().map(|value| i32::from(*value)).collect()
        }
        Elements::Text(values) => {
            proto.string_data = values.iter().map(|text| text.clone().into_bytes()).collect()
        }
    }
    proto
}
