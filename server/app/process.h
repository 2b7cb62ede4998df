#ifndef PASSERELLE_SERVER_APP_PROCESS_H_
#define PASSERELLE_SERVER_APP_PROCESS_H_

namespace passerelle::app {

// Makes the process a good server: what a program does once, first in main(),
// before it starts a thread. Tests that hold a server in their own process do
// without.
void PrepareProcess();

}  // namespace passerelle::app

#endif  // PASSERELLE_SERVER_APP_PROCESS_H_
