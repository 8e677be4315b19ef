// Ctrl-C and SIGTERM as a flag that long work looks at between steps.
#pragma once

namespace crossloom {

/// Installs handlers for SIGINT and SIGTERM; a second signal ends the process at once.
void install_interrupt_handlers();
[[nodiscard]] bool interrupt_requested();
/// Throws Interrupted if a signal came; call it wherever stopping loses nothing.
void throw_if_interrupted();

}  // namespace crossloom
