/// The description in /etc: what a machine wants to be different from the application as it was packaged.
///
/// Its text as shipped is the same in every version of a package. So there is nothing to ask about at an upgrade: what was
/// written into it stays, and what the new version says is merged with it.
struct LocalDescription {
    let places: InstancePlaces
    /// What tells the application to read it again: a command in quotes, or a signal.
    let reload: String
    /// Where more is to be read, if that is installed.
    let manual: String?

    /// As a service manager's command and the manual page of the package have it.
    init(places: InstancePlaces) {
        self.init(places: places, reload: "\"systemctl reload \(places.unit)\"", manual: "\(places.package)(8)")
    }

    init(places: InstancePlaces, reload: String, manual: String?) {
        (self.places, self.reload, self.manual) = (places, reload, manual)
    }

    var text: String {
        """
        # What this machine wants to be different from the application as it was packaged.
        #
        # Everything that \(places.seed) says is said here too; services are found by
        # their names, and what is written below counts. For example:
        #
        #   services:
        #     - name: NAME
        #       listen: tcp:8081
        #
        # \(reload) puts it into force without closing a connection. It is merged with what
        # was changed at run time\(manual.map { "; \($0) says more" } ?? "").
        taproom: 1
        extends: \(places.seed)

        """
    }
}
