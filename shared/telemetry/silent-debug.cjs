module.exports = () => Object.assign(() => {}, { enabled: false, extend: module.exports });
