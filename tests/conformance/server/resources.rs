//! Fixture resources.

use async_trait::async_trait;
use taskgate::{
    model::{CallContext, Principal, ResourceContents},
    resources::{ResourceError, ResourceListing, ResourceProvider, TemplateListing},
};

use super::tools::PNG;

const TEMPLATE: &str = "test://template/{id}/data";

pub(crate) struct Fixtures;

fn template_id(uri: &str) -> Option<&str> {
    uri.strip_prefix("test://template/")?.strip_suffix("/data").filter(|id| !id.is_empty())
}

#[async_trait]
impl ResourceProvider for Fixtures {
    fn list(&self) -> Vec<ResourceListing> {
        let listing = |uri: &str, name: &str, mime_type| ResourceListing {
            uri: uri.to_owned(),
            name: name.to_owned(),
            title: name.to_owned(),
            description: String::from("A fixture of the conformance suite"),
            mime_type,
        };
        vec![
            listing("test://static-text", "static text", "text/plain"),
            listing("test://static-binary", "static binary", "image/png"),
            listing("test://watched-resource", "watched resource", "text/plain"),
        ]
    }

    fn templates(&self) -> Vec<TemplateListing> {
        vec![TemplateListing {
            uri_template: TEMPLATE,
            name: "template",
            title: "Template",
            description: "A fixture of the conformance suite",
            mime_type: "application/json",
        }]
    }

    async fn may_watch(&self, _: &Principal, uri: &str) -> Result<(), ResourceError> {
        let is_known = template_id(uri).is_some() || self.list().iter().any(|listing| listing.uri == uri);
        is_known.then_some(()).ok_or(ResourceError::NotFound)
    }

    async fn read(&self, _: &CallContext, uri: &str) -> Result<Vec<ResourceContents>, ResourceError> {
        let (mime_type, text, blob) = match (uri, template_id(uri)) {
            ("test://static-text", _) => {
                ("text/plain", Some(String::from("This is the content of the static text resource.")), None)
            }
            ("test://static-binary", _) => ("image/png", None, Some(PNG.to_owned())),
            ("test://watched-resource", _) => {
                ("text/plain", Some(String::from("Watched resource content")), None)
            }
            (_, Some(id)) => {
                let json = format!(r#"{{"id":"{id}","templateTest":true,"data":"Data for ID: {id}"}}"#);
                ("application/json", Some(json), None)
            }
            _ => return Err(ResourceError::NotFound),
        };
        Ok(vec![ResourceContents { uri: uri.to_owned(), mime_type, text, blob }])
    }

    async fn complete(
        &self,
        _: &Principal,
        template: &str,
        variable: &str,
        typed: &str,
    ) -> Result<Option<Vec<String>>, ResourceError> {
        if template != TEMPLATE || variable != "id" {
            return Ok(None);
        }
        Ok(Some(
            ["1", "12", "123"].into_iter().filter(|id| id.starts_with(typed)).map(str::to_owned).collect(),
        ))
    }
}
