/// A point in time as a calendar shows it in UTC.
struct UTCTime {
    let year: Int
    let month: Int
    let day: Int
    /// 0 is Sunday.
    let weekday: Int
    let secondOfDay: Int

    /// From seconds since 1970, not negative.
    ///
    /// The days are counted in eras of 400 years that begin on 1 March.
    init(secondsSince1970 seconds: Int) {
        let days = seconds / 86400
        secondOfDay = seconds % 86400
        weekday = (days + 4) % 7
        let shifted = days + 719_468
        let dayOfEra = shifted % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        year = shifted / 146_097 * 400 + yearOfEra + (month <= 2 ? 1 : 0)
    }

    /// As in mail and in the changelogs of Debian: `Thu, 01 Jan 1970 00:00:00 +0000`.
    var mailText: String {
        let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let time = [secondOfDay / 3600, secondOfDay / 60 % 60, secondOfDay % 60].map(twoDigits).joined(separator: ":")
        return "\(weekdays[weekday]), \(twoDigits(day)) \(months[month - 1]) \(year) \(time) +0000"
    }

    /// As RFC 3339 writes a day: `1970-01-01`.
    var dayText: String { "\(year)-\(twoDigits(month))-\(twoDigits(day))" }

    /// As RFC 3339 writes it: `1970-01-01T00:00:00Z`.
    var text: String {
        let time = [secondOfDay / 3600, secondOfDay / 60 % 60, secondOfDay % 60].map(twoDigits).joined(separator: ":")
        return "\(dayText)T\(time)Z"
    }

    private func twoDigits(_ number: Int) -> String { (number < 10 ? "0" : "") + String(number) }
}
