import TapData
import Taproom

/// The process that runs the application.
extension ControlRoutes {
    static let processRoutes: [ControlRoute] = [
        ControlRoute(.post, "/v1/save", "Puts on disk what is still in memory only.", traits: .change, answers: "Saved")
        {
            routes, _ in
            try await routes.application.save()
            return ["saved": true]
        },
        ControlRoute(
            .post, "/v1/reload", "Reads the description again, and runs what it says.", traits: .change,
            answers: "Reloaded"
        ) { try await $0.application.reload(by: $0.authorship($1)) },
        ControlRoute(
            .post, "/v1/upgrade", "Has a new program take over, and answers when it serves.", traits: .change,
            answers: "Upgraded"
        ) { try await $0.application.upgrade(by: $0.authorship($1)) },
        ControlRoute(.post, "/v1/stop", "Asks the application to stop.", traits: .change, answers: "Stopping") {
            routes, _ in
            try await routes.application.stop()
            return ["stopping": true]
        },
    ]
}
