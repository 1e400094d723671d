// A reverse proxy: the kind web in a program of its own. What it does is in proxy.yaml.
import TapCommands
import TapWeb
import Taproom

@main
struct ProxyProgram: TapProgram { static let kinds: [any ServiceKind.Type] = [Web.self] }
