//! Components joined in-process: what one exports becomes what another imports.

use wac_graph::types::Package;
use wac_graph::{CompositionGraph, EncodeOptions, PlugError, plug};

use crate::componentize::is_component;
use crate::error::{Error, Kind};

/// The component of `socket` with those of its imports that `plugs` export given by
/// them, resources included; all binary or text. What nobody gives stays an import,
/// and the exports are the socket's.
///
/// # Errors
/// [`Kind::Compile`] when something given is no component, [`Kind::Link`] when none of
/// the plugs exports what the socket imports, or not of its type.
pub fn compose<'a>(socket: &'a [u8], plugs: impl IntoIterator<Item = &'a [u8]>) -> Result<Vec<u8>, Error> {
    let mut graph = CompositionGraph::new();
    let mut packages = Vec::new();
    let all = std::iter::once(socket).chain(plugs);
    for (index, bytes) in all.enumerate() {
        let name = if index == 0 { "workbooks:socket".to_string() } else { format!("workbooks:plug{index}") };
        let bytes = wat::parse_bytes(bytes).map_err(|error| Error::new(Kind::Compile, error.to_string()))?;
        if !is_component(&bytes) {
            let message = "only components can be composed: `componentize` makes one of a core module";
            return Err(Error::new(Kind::Compile, message));
        }
        let package = Package::from_bytes(&name, None, bytes.into_owned(), graph.types_mut())
            .map_err(|error| Error::new(Kind::Compile, format!("{error:#}")))?;
        let package = graph.register_package(package).map_err(|error| Error::new(Kind::Link, error.to_string()))?;
        packages.push(package);
    }
    let [socket, plugs @ ..] = packages.as_slice() else {
        return Err(Error::new(Kind::Link, "nothing was given to compose"));
    };
    plug(&mut graph, plugs.to_vec(), *socket).map_err(|error| not_plugged(&error))?;
    graph.encode(EncodeOptions::default()).map_err(|error| Error::new(Kind::Link, format!("{error:#}")))
}

fn not_plugged(error: &PlugError) -> Error {
    let message = match error {
        PlugError::NoPlugHappened => "no plug exports anything that the component imports".to_string(),
        PlugError::GraphError { source } => format!("{source:#}"),
    };
    Error::new(Kind::Link, message)
}
