package import Glibc
import TapData

/// The time as access logs write it; each second is put into words once.
package struct AccessClock {
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    private var commonSecond = Int.min
    private var commonText = ""
    private var timestampSecond = Int.min
    private var timestampText = ""

    /// A clock that has not been asked yet.
    package init() {}

    /// The time in the form of the common format, in the zone of this machine: `21/Nov/2026:10:04:05 +0100`.
    package mutating func common(_ now: timespec) -> String {
        if now.tv_sec != commonSecond {
            commonSecond = now.tv_sec
            var (time, parts) = (now.tv_sec, tm())
            localtime_r(&time, &parts)
            commonText = AccessClock.text(parts)
        }
        return commonText
    }

    /// The time in the form of RFC 3339 in UTC, with milliseconds: `2026-11-21T09:04:05.123Z`.
    package mutating func timestamp(_ now: timespec) -> String {
        if now.tv_sec != timestampSecond {
            timestampSecond = now.tv_sec
            timestampText = String(Timestamp.text(seconds: now.tv_sec).dropLast("000Z".utf8.count))
        }
        return timestampText + AccessClock.digits(now.tv_nsec / 1_000_000, 3) + "Z"
    }

    /// Parts of a time in the form of the common format.
    package static func text(_ parts: tm) -> String {
        let month = AccessClock.months[min(max(Int(parts.tm_mon), 0), 11)]
        let date = "\(digits(Int(parts.tm_mday), 2))/\(month)/\(Int(parts.tm_year) + 1900)"
        let time = "\(digits(Int(parts.tm_hour), 2)):\(digits(Int(parts.tm_min), 2)):\(digits(Int(parts.tm_sec), 2))"
        let minutes = abs(parts.tm_gmtoff) / 60
        let zone = "\(parts.tm_gmtoff < 0 ? "-" : "+")\(digits(minutes / 60, 2))\(digits(minutes % 60, 2))"
        return "\(date):\(time) \(zone)"
    }

    /// A number with at least so many digits.
    package static func digits(_ number: Int, _ count: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, count - text.utf8.count)) + text
    }
}
