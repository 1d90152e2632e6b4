//! The types of arguments.

use crate::{ArgOptions, DeclaredField, Place};
use syn::{GenericArgument, PathArguments, Type};

impl DeclaredField {
    /// The `T` of an argument's `Option<T>`, if it is written so.
    pub fn optional(&self) -> Option<&Type> {
        wrapped(&self.ty, "Option")
    }

    /// The type of one value of argument `arg`: the `T` of `Vec<T>` where it
    /// takes the rest of the list, and that of `Option<T>`.
    pub fn value_type(&self, arg: &ArgOptions) -> &Type {
        let item = match arg.place {
            Place::Rest => wrapped(&self.ty, "Vec"),
            _ => self.optional(),
        };
        item.unwrap_or(&self.ty)
    }

    /// Whether argument `arg` has to be given.
    pub fn is_required(&self, arg: &ArgOptions) -> bool {
        arg.place != Place::Rest && self.optional().is_none() && arg.default.is_none()
    }
}

/// The `T` of `wrapper<T>`, if the type is written so.
fn wrapped<'a>(ty: &'a Type, wrapper: &str) -> Option<&'a Type> {
    let Type::Path(path) = ty else { return None };
    let segment = path.path.segments.last().filter(|s| s.ident == wrapper)?;
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else { return None };
    match arguments.args.first()? {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    }
}
