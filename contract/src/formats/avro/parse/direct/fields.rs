//! Fields, and the lists of texts: aliases and symbols.

use smol_str::SmolStr;

use super::super::super::kept::{Place, Props, Text, Written, word};
use super::super::super::tree::{Field, Kind, Order, Symbol, Type, TypeId};
use super::super::name;
use super::super::twice::Names;
use super::own::{Key, Others, Placed, once};
use super::{Direct, MAX_COMPARED};
use crate::yaml::{Node, Value};

impl<'t> Direct<'t> {
    #[inline]
    pub(super) fn doc(&mut self) -> Option<Text> {
        if let Some((start, end)) = self.text.quoted() {
            self.has_parts = true;
            return Some(Text::part(start, end));
        }
        Some(Text::from(&*self.text.string()?.0))
    }

    pub(super) fn props(&mut self, others: &Others<'t>, place: Place) -> Props {
        let Others { start, end, .. } = *others;
        if end == 0 {
            return Props::default();
        }
        self.has_parts = true;
        Written { place, start, end }.into()
    }

    /// A simple name that has been checked.
    #[allow(clippy::inline_always)] // as the ways of the text that it calls
    #[inline(always)]
    fn name(&mut self) -> Option<Placed<'t>> {
        match self.text.word() {
            None => self.rare_name(),
            word => word,
        }
    }

    #[inline(never)]
    fn rare_name(&mut self) -> Option<Placed<'t>> {
        let placed = self.text.plain()?;
        name::check(placed.0).ok().map(|()| placed)
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
            let key_start = self.text.at();
            match Key::read(&mut self.text)? {
                Key::Name => {
                    once(&mut keys, 0)?;
                    placed = Some(self.name()?);
                }
                Key::Type => {
                    once(&mut keys, 1)?;
                    ty = Some(self.ty(namespace, depth + 1)?);
                }
                Key::Doc => {
                    once(&mut keys, 2)?;
                    doc = Some(self.doc()?);
                }
                Key::Default => {
                    once(&mut keys, 3)?;
                    default = Some(self.text.node()?);
                }
                Key::Order => {
                    once(&mut keys, 4)?;
                    order = self.order()?;
                }
                Key::Aliases => {
                    once(&mut keys, 5)?;
                    aliases = self.aliases()?.into_iter().map(SmolStr::from).collect();
                }
                // It has no effect here, which is worth a warning.
                Key::LogicalType => return None,
                other => {
                    self.text.pass()?;
                    others.add(other.written(), key_start, self.text.at())?;
                }
            }
        }
        let ((name, name_span), ty) = (placed?, ty?);
        self.has_defaults |= default.as_ref().is_some_and(|default| !self.is_null_of_union(ty, default));
        let (span, props) = (self.text.span_from(start), self.props(&others, Place::Field));
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
            let (text, span) = self.name()?;
            names.add(text)?;
            symbols.push(Symbol { name: word(text), span });
        }
        Some(symbols)
    }
}
