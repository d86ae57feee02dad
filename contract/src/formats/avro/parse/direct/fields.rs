//! Fields, and the lists of texts: aliases and symbols.

use std::sync::Arc;

use smol_str::SmolStr;

use super::super::super::kept::{Props, Text, Written, word};
use super::super::super::tree::{Field, Kind, Order, Symbol, Type, TypeId};
use super::super::attributes::is_of_field;
use super::super::name;
use super::super::twice::Names;
use super::own::{Others, once};
use super::{Direct, MAX_COMPARED};
use crate::yaml::{Node, Value};

impl<'t> Direct<'t> {
    pub(super) fn doc(&mut self) -> Option<Text> {
        if let Some((start, end)) = self.text.quoted() {
            return Some(Text::part(self.shared, start, end));
        }
        Some(Text::from(&*self.text.string()?.0))
    }

    pub(super) fn props(&self, others: &Others<'t>, is_reserved: fn(&str) -> bool) -> Props {
        if others.count == 0 {
            return Props::default();
        }
        let Others { start, end, .. } = *others;
        Written { text: Arc::clone(self.shared), file: self.file, start, end, is_reserved }.into()
    }

    pub(super) fn fields(&mut self, namespace: &'t str, depth: usize) -> Option<Vec<Field>> {
        if self.text.peek()? != b'[' {
            return None;
        }
        self.text.enter()?;
        // Most of a text are the fields of its outermost record.
        let expected = if depth == 0 { self.text.left() / 96 + 1 } else { 2 };
        let mut fields = Vec::with_capacity(expected);
        let mut names = Names::expecting(expected);
        while self.text.more(b']', fields.is_empty())? {
            names.add(self.field(namespace, depth, &mut fields)?)?;
        }
        Some(fields)
    }

    /// A field, and gives its name.
    fn field(&mut self, namespace: &'t str, depth: usize, fields: &mut Vec<Field>) -> Option<&'t str> {
        if self.text.peek()? != b'{' {
            return None;
        }
        let start = self.text.at();
        self.text.enter()?;
        let (mut keys, mut is_first) = (0, true);
        let (mut placed, mut ty, mut doc, mut default) = (None, None, None, None);
        let (mut order, mut aliases, mut others) = (Order::Ascending, Vec::new(), Others::default());
        while self.text.more(b'}', is_first)? {
            is_first = false;
            self.text.peek()?;
            let key_start = self.text.at();
            let key = self.field_key()?;
            match key {
                "name" => {
                    once(&mut keys, 0)?;
                    placed = Some(self.text.plain()?);
                }
                "type" => {
                    once(&mut keys, 1)?;
                    ty = Some(self.ty(namespace, depth + 1)?);
                }
                "doc" => {
                    once(&mut keys, 2)?;
                    doc = Some(self.doc()?);
                }
                "default" => {
                    once(&mut keys, 3)?;
                    default = Some(self.text.node()?);
                }
                "order" => {
                    once(&mut keys, 4)?;
                    order = self.order()?;
                }
                "aliases" => {
                    once(&mut keys, 5)?;
                    aliases = self.aliases()?.into_iter().map(SmolStr::from).collect();
                }
                // It has no effect here, which is worth a warning.
                "logicalType" => return None,
                _ => {
                    self.text.pass()?;
                    others.add(key, key_start, self.text.at())?;
                }
            }
        }
        let ((name, name_span), ty) = (placed?, ty?);
        name::check(name).ok()?;
        self.has_defaults |= default.as_ref().is_some_and(|default| !self.is_null_of_union(ty, default));
        let (span, props) = (self.text.span_from(start), self.props(&others, is_of_field));
        fields.push(Field { name: word(name), name_span, span, aliases, doc, ty, default, order, props });
        Some(name)
    }

    /// The default of most optional fields, which fits.
    fn is_null_of_union(&self, ty: TypeId, default: &Node) -> bool {
        let is_null = |id: &TypeId| self.get(*id).is_some_and(|ty| matches!(ty.kind, Kind::Null));
        matches!(default.value, Value::Null)
            && matches!(self.get(ty), Some(Type { kind: Kind::Union(branches), .. }) if branches.iter().any(is_null))
    }

    fn order(&mut self) -> Option<Order> {
        let word = self.text.plain()?.0;
        let orders = [("ascending", Order::Ascending), ("descending", Order::Descending), ("ignore", Order::Ignore)];
        orders.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(word)).map(|(_, order)| order)
    }

    /// The aliases of a type or a field, each there once.
    pub(super) fn aliases(&mut self) -> Option<Vec<&'t str>> {
        let mut aliases = Vec::new();
        if self.text.peek()? != b'[' {
            return None;
        }
        self.text.enter()?;
        while self.text.more(b']', aliases.is_empty())? {
            let alias = self.text.plain()?.0;
            name::check(alias.rsplit('.').next()?).ok()?;
            if aliases.len() >= MAX_COMPARED || aliases.contains(&alias) {
                return None;
            }
            aliases.push(alias);
        }
        Some(aliases)
    }

    pub(super) fn symbols(&mut self) -> Option<Vec<Symbol>> {
        if self.text.peek()? != b'[' {
            return None;
        }
        self.text.enter()?;
        let mut symbols = Vec::with_capacity(4);
        let mut names = Names::expecting(0);
        while self.text.more(b']', symbols.is_empty())? {
            let (text, span) = self.text.plain()?;
            name::check(text).ok()?;
            names.add(text)?;
            symbols.push(Symbol { name: word(text), span });
        }
        Some(symbols)
    }
}
