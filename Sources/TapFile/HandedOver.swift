/// Something that is handed to a thread which alone uses it from then on.
struct HandedOver<Value>: @unchecked Sendable {
    // Sendable because whoever makes it gives its value up.
    let value: Value
}
