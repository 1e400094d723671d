/// The description in /etc: what a machine wants to be different from the application as it was packaged.
///
/// Its text as shipped is the same in every version of a package. So there is nothing to ask about at an upgrade: what was
/// written into it stays, and what the new version says is merged with it.
struct LocalDescription {
    let places: InstancePlaces

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
        # "systemctl reload \(places.unit)" puts it into force without closing a connection. It is merged with what
        # was changed at run time; \(places.package)(8) says more.
        taproom: 1
        extends: \(places.seed)

        """
    }
}
