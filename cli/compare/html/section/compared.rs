//! The variants, the place and the load.

use super::{table, text};
use crate::html::view::{View, joined};
use crate::results::PlaceKind;
use maud::{Markup, html};

pub fn of(view: &View<'_>) -> Markup {
    let results = view.results;
    let load = &results.load;
    let place = match results.place.kind {
        PlaceKind::Namespaces => "Network namespaces joined by veth",
        PlaceKind::UserNamespace => "Network namespaces joined by veth, in a user namespace",
        PlaceKind::Loopback => "Loopback",
        PlaceKind::Guest => "A virtual machine with netmap's module",
    };
    let columns = ["variant", "graph", "backend", "engine"].map(text);
    let rows = html! {
        @for (index, variant) in results.variants.iter().enumerate() {
            tr {
                th scope="row" { (view.named(index)) @if variant.is_simulated { span.sub { "simulated" } } }
                td.text { code { (variant.file) } }
                td.text { (variant.backend) }
                td.text { (variant.engine) }
            }
        }
    };
    let [asq, vsq, vhq] = load.payloads;
    html! {
        (table("Variants", &columns, &rows))
        dl {
            dt { "Place" }
            dd { (place) ". " (results.place.means) }
            dt { "Load" }
            dd {
                (joined(&load.clients)) " clients, each sending " (joined(&load.packets_per_second))
                " packets/s of RTP with " (asq) ", " (vsq) " and " (vhq) " octets of payload (ASQ, VSQ, \
                VHQ) in turn. Everyone gets everyone's packets, their own too, so a packet in is as \
                many copies out as there are clients."
            }
            dt { "Time" }
            dd {
                (view.warm_up()) " to warm up, then " (view.run_length()) ", "
                @if load.repeats == 1 { "once." } @else {
                    (load.repeats) " times. In each round the variants ran in a random order."
                }
            }
        }
    }
}
