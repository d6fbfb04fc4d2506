// What else happens while a request's body is read: files are told of in the log, and a body that is empty gets what
// others get while their bytes come. Called by Exchange.
#pragma once

namespace gh::proxy {

class Exchange;

/// A handler wants the body, and all of it was there already.
void body_was_there(Exchange& exchange);
/// The body has just gone to a file.
void body_went_to_file(const Exchange& exchange);

}  // namespace gh::proxy
