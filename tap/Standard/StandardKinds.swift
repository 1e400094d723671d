public import Taproom
import TapInetd
import TapPortforward
import TapProcmon
import TapSocks
import TapTelnet
import TapWeb

/// The kinds that the shipped tools know.
public enum StandardKinds {
    /// All of them, in the order `mktap --list` shows.
    public static let all: [any ServiceKind.Type] = [
        Web.self, Portforward.self, Socks.self, Procmon.self, Inetd.self, Telnet.self,
    ]
}
